"""Proper requests that nobody writes by hand; each keeps to the contract in every word."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import from_schema, values
from wireproof.generation.generated_request import Probe, written
from wireproof.generation.request_factory import Draft, features_of

# More choices, or a longer answer, cost more and show nothing that the least does not.
COSTLY = frozenset({"n", "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens", "partial_images"})
# How a number may be spelled in JSON: as it is, with a fraction, with an exponent.
SPELLINGS = ("{}", "{}.0", "{}e0", "{}.00E+0")
TINY = "1e-9"
MOST_MESSAGES = 40
# Bytes of what is said of a tool.
SHORT = 1_024


def text(draft: Draft) -> SearchStrategy[Probe] | None:
    """A text of any plane of Unicode, emoji, right to left, very long, or empty where that is legal."""
    every = values.texts(draft.room, empty=draft.row.get("empty", False))
    places = [place for place in draft.row["texts"] if _stands(draft, place)]
    return st.tuples(st.sampled_from(places), every).map(lambda drawn: _with_text(draft, *drawn))


def _stands(draft: Draft, place: str) -> bool:
    return json_pointer.parts(place)[0] in draft.fields


def _with_text(draft: Draft, place: str, said: str) -> Probe:
    first, *below = json_pointer.parts(place)
    if below and not isinstance(draft.body.get(first), list):
        return draft.probe(json_pointer.join(first), [said], f"a text of {len(said)} characters in an array")
    return draft.probe(place, said, f"a text of {len(said)} characters")


def numbers(draft: Draft) -> SearchStrategy[Probe] | None:
    """A number at a bound of its range or beside it, in each way that JSON spells it."""
    spelled = [(name, text) for name, row in draft.fields.items() for text in _spellings(name, row)]
    return st.sampled_from(spelled).map(lambda drawn: _spelled(draft, *drawn)) if spelled else None


def _spellings(name: str, row: Any) -> list[str]:
    if name in COSTLY or row["type"] not in ("number", "integer"):
        return []
    bounds = [bound for bound in (row.get("minimum"), row.get("maximum")) if bound is not None]
    if row["type"] == "integer":
        return [str(bound) for bound in bounds]
    within = [TINY] if bounds and min(bounds) <= 0 <= max(bounds) else []
    return [spelling.format(bound) for bound in bounds for spelling in SPELLINGS] + within


def _spelled(draft: Draft, name: str, number: str) -> Probe:
    """The proper request with a number spelled so."""
    # What goes with it: alternatives of tokens are shown where tokens are.
    beside = {"logprobs": True} if name == "top_logprobs" else {}
    body = {**draft.body, **beside, name: float(number) if set(number) & set(".eE") else int(number)}
    mark = "\ue000"
    raw = written({**body, name: mark}).replace(written(mark), number.encode())
    return Probe(draft.ask(body, raw), json_pointer.join(name), f"the number {number}", None, features_of((name,)))


def options(draft: Draft) -> SearchStrategy[Probe] | None:
    """Members that a document leaves to the client, some at a time, with values that its schema admits."""
    known = draft.schema["properties"]
    names = [name for name in draft.row["alone"] if name in known]
    if not names:
        return None
    schema = f"{draft.provider.schemas}/{draft.endpoint}.request"

    def drawn(chosen: list[str]) -> SearchStrategy[Probe]:
        # A table may bound what the schema of the same document leaves open.
        drawn_by = {name: from_schema.member(schema, name).filter(partial(_within, draft, name)) for name in chosen}
        held = st.fixed_dictionaries(drawn_by)
        return held.map(lambda members: _with(draft, members, "members of the schema"))

    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).flatmap(drawn)


def _within(draft: Draft, name: str, value: Any) -> bool:
    row = draft.rules.fields.get(name, {})
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return not number or bool(row.get("minimum", value) <= value <= row.get("maximum", value))


def extra(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member that no document knows, where the contract does not refuse such."""
    if draft.strict:
        return None
    named = st.text(max_size=20).map(lambda tail: f"x-{tail}")
    return st.tuples(named, values.json_values()).map(
        lambda drawn: draft.probe(json_pointer.join(drawn[0]), drawn[1], "a member that no document knows")
    )


def tools(draft: Draft) -> SearchStrategy[Probe] | None:
    """Tools with schemas of objects within objects, and names and descriptions of any legal kind."""
    if "tools" not in draft.fields or draft.endpoint != "chat":
        return None
    required = {"name": values.names(), "parameters": values.parameters()}
    function = st.fixed_dictionaries(required, optional={"description": values.texts(SHORT, empty=True)})
    several = st.lists(function, min_size=1, max_size=3, unique_by=_name)
    return several.map(lambda held: _with(draft, {"tools": [_tool(one) for one in held]}, f"{len(held)} tools"))


def _name(function: dict[str, Any]) -> str:
    return str(function["name"])


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": function}


def conversation(draft: Draft) -> SearchStrategy[Probe] | None:
    """Many messages, by who may say one without another before it."""
    if "messages" not in draft.body:
        return None
    said = values.texts(draft.room // (MOST_MESSAGES + 1), empty=True)
    message = st.fixed_dictionaries({"role": st.sampled_from(("user", "assistant", "system")), "content": said})
    last = said.map(lambda text: {"role": "user", "content": text})
    before = st.lists(message, max_size=MOST_MESSAGES)
    return st.tuples(before, last).map(
        lambda drawn: _with(draft, {"messages": [*drawn[0], drawn[1]]}, f"{len(drawn[0]) + 1} messages")
    )


def _with(draft: Draft, members: dict[str, Any], says: str) -> Probe:
    """The proper request with these members; one that is only there is told by its name."""
    at = json_pointer.join(next(iter(members))) if len(members) == 1 else ""
    told = says if at else f"{says}: {', '.join(members)}"
    return Probe(draft.ask({**draft.body, **members}), at, told, None, features_of(tuple(members)))
