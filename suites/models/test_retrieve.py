"""One model by its id."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Target, check, json_pointer

# Servers' clocks are off by minutes.
CLOCK_S = 300
# Servers add members of their own.
MODEL_MEMBERS = ("id", "object", "created", "owned_by")
ABSENT = "absent"


@check("models.retrieve-answers")
def test_retrieve_answers(exchange: Exchange, provider: Provider, target: Target) -> None:
    """A model requested by its id is answered with the entry of that id."""
    entry = expect.answer(exchange)
    expect.equal(expect.member(entry, provider.list_id, str), target.models["chat"], at=provider.list_id)


@check("models.retrieve-agrees")
def test_retrieve_agrees(listed: Exchange, retrieved: Exchange, provider: Provider) -> None:
    """A model's own entry and its entry in the list have the same id, object, owner and created."""
    own = expect.answer(retrieved)
    id = expect.member(own, provider.list_id, str)
    other = _find_entry(expect.member(expect.answer(listed), provider.list_items, list), id, provider)
    is_built_anew = all(is_recent(entry.get("created"), when) for entry, when in ((own, retrieved), (other, listed)))
    for name in MODEL_MEMBERS:
        # Some servers build the entry for every answer, with the current time as created.
        if name == "created" and is_built_anew:
            continue
        expect.equal(own.get(name, ABSENT), other.get(name, ABSENT), at=json_pointer.join(name))


def is_recent(created: Any, exchange: Exchange) -> bool:
    return type(created) in (int, float) and abs(Decimal(created) - Decimal(exchange.sent_at)) <= CLOCK_S


def _find_entry(entries: list[Any], id: str, provider: Provider) -> Mapping[str, Any]:
    for entry in entries:
        if isinstance(entry, dict) and (provider.list_id, id) in json_pointer.find(entry, provider.list_id):
            return entry
    # A list that leaves the model out is judged by models.chat-model-listed.
    raise Inconclusive(f"the list has no entry {id} to compare with")


@check("models.retrieve-unknown")
def test_retrieve_unknown(exchange: Exchange, provider: Provider) -> None:
    """A model that does not exist is refused as not found or as an unknown model, in JSON."""
    # 404 is what OpenAI answers to any unknown resource; a contract may name another status for models.
    expect.status(exchange, *dict.fromkeys((404, *provider.refusals["unknown-model"].status)))
    expect.json_body(exchange)
