"""The context of each model: the tokens that prompt and answer may have together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wireproof import expect
from wireproof.check import (
    Exchange,
    Finding,
    Inconclusive,
    Provider,
    Untestable,
    Violation,
    check,
    find_usage,
    json_pointer,
)

# The names that servers give to the member with the context length.
CONTEXT_MEMBERS = ("max_model_len", "context_length", "context_window")
# A table rounds: 128,000 stands for 131,072 as well.
ROUNDING_SHARE = 0.03


def documented_contexts(provider: Provider) -> Mapping[str, int]:
    """The documented context of each model."""
    return {row.id: row.context for row in provider.catalogue if row.documented and row.context is not None}


def listed_contexts(exchange: Exchange, provider: Provider) -> Iterator[tuple[str, str, int]]:
    """Yields place, id and context of each entry of the list that states one."""
    for n, entry in enumerate(expect.member(expect.answer(exchange), provider.list_items, list)):
        ids = [id for _, id in json_pointer.find(entry, provider.list_id) if isinstance(id, str)]
        for name in CONTEXT_MEMBERS:
            # A length of another type is judged by schema.conforms.
            length = entry.get(name) if isinstance(entry, dict) else None
            if ids and isinstance(length, int) and not isinstance(length, bool):
                yield f"{provider.list_items}/{n}/{name}", ids[0], length


@check("quotas.context-figure")
def test_context_figure(exchange: Exchange, provider: Provider) -> None:
    """A context in the list of models is the documented one, give or take three percent."""
    documented = documented_contexts(provider)
    wrong = tuple(
        Finding(f"about {documented[id]} for {id}", str(length), place, json_pointer.join(id))
        for place, id, length in listed_contexts(exchange, provider)
        if id in documented and abs(length - documented[id]) > ROUNDING_SHARE * documented[id]
    )
    if wrong:
        raise Violation.from_findings(wrong)


@check("quotas.within-context")
def test_within_context(exchange: Exchange, provider: Provider) -> None:
    """A request beyond the context of its model is refused with 4xx, or its total is within by three percent."""
    if not exchange.is_success:
        expect.client_error(exchange)
        expect.json_body(exchange)
        return
    context = documented_contexts(provider).get(expect.request_body(exchange)["model"])
    if context is None:
        raise Untestable("the contract names no context for this model")
    total = find_usage(exchange).get("total_tokens")
    if not isinstance(total, int):
        raise Inconclusive("the answer counts no tokens")
    most = round((1 + ROUNDING_SHARE) * context)
    expect.condition(total <= most, f"a refusal, or at most {most} tokens", total, at="/usage/total_tokens")
