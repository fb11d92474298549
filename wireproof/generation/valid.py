"""Proper requests that nobody writes by hand; each keeps to the contract in every word."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import from_schema, values
from wireproof.generation.generated_request import GeneratedRequest, encode_body
from wireproof.generation.request_factory import RequestFactory, features_from_members

# More choices, or a longer answer, cost more and show nothing that the least does not.
COSTLY_MEMBERS = frozenset(
    {"n", "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens", "partial_images"}
)
# How a number may be spelled in JSON: as it is, with a fraction, with an exponent.
NUMBER_SPELLINGS = ("{}", "{}.0", "{}e0", "{}.00E+0")
TINY_NUMBER = "1e-9"
MAX_MESSAGES = 40
# Bytes of what is said of a tool.
MAX_DESCRIPTION_BYTES = 1_024


def unusual_text(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A text of any plane of Unicode, emoji, right to left, very long, or empty where that is legal."""
    every = values.texts(draft.max_text_bytes, empty=draft.endpoint_entry.get("empty", False))
    places = [place for place in draft.endpoint_entry["texts"] if _is_documented(draft, place)]
    return st.tuples(st.sampled_from(places), every).map(lambda drawn: _request_with_text(draft, *drawn))


def _is_documented(draft: RequestFactory, place: str) -> bool:
    return json_pointer.parts(place)[0] in draft.fields


def _request_with_text(draft: RequestFactory, place: str, said: str) -> GeneratedRequest:
    first, *below = json_pointer.parts(place)
    if below and not isinstance(draft.smallest_body.get(first), list):
        return draft.request_with_value(
            json_pointer.join(first), [said], f"a text of {len(said)} characters in an array"
        )
    return draft.request_with_value(place, said, f"a text of {len(said)} characters")


def numbers_at_bounds(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A number at a bound of its range or beside it, in each way that JSON spells it."""
    spelled = [(name, text) for name, row in draft.fields.items() for text in _number_spellings(name, row)]
    return st.sampled_from(spelled).map(lambda drawn: _request_with_number(draft, *drawn)) if spelled else None


def _number_spellings(name: str, row: Any) -> list[str]:
    if name in COSTLY_MEMBERS or row["type"] not in ("number", "integer"):
        return []
    bounds = [bound for bound in (row.get("minimum"), row.get("maximum")) if bound is not None]
    if row["type"] == "integer":
        return [str(bound) for bound in bounds]
    within = [TINY_NUMBER] if bounds and min(bounds) <= 0 <= max(bounds) else []
    return [spelling.format(bound) for bound in bounds for spelling in NUMBER_SPELLINGS] + within


def _request_with_number(draft: RequestFactory, name: str, number: str) -> GeneratedRequest:
    """The proper request with a number spelled so."""
    # What goes with it: alternatives of tokens are shown where tokens are.
    beside = {"logprobs": True} if name == "top_logprobs" else {}
    body = {**draft.smallest_body, **beside, name: float(number) if set(number) & set(".eE") else int(number)}
    mark = "\ue000"
    raw = encode_body({**body, name: mark}).replace(encode_body(mark), number.encode())
    return GeneratedRequest(
        draft.request_with_body(body, raw),
        json_pointer.join(name),
        f"the number {number}",
        None,
        features_from_members((name,)),
    )


def optional_members(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Members that a document leaves to the client, some at a time, with values that its schema admits."""
    known = draft.schema["properties"]
    names = [name for name in draft.endpoint_entry["alone"] if name in known]
    if not names:
        return None
    schema = f"{draft.provider.schemas}/{draft.endpoint}.request"

    def request_with_options(chosen: list[str]) -> SearchStrategy[GeneratedRequest]:
        # A table may bound what the schema of the same document leaves open.
        drawn_by = {
            name: from_schema.member_values(schema, name).filter(partial(_is_in_range, draft, name)) for name in chosen
        }
        held = st.fixed_dictionaries(drawn_by)
        return held.map(lambda members: _request_with_members(draft, members, "members of the schema"))

    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).flatmap(request_with_options)


def _is_in_range(draft: RequestFactory, name: str, value: Any) -> bool:
    row = draft.rules.fields.get(name, {})
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return not number or bool(row.get("minimum", value) <= value <= row.get("maximum", value))


def extra_member(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member that no document knows, where the contract does not refuse such."""
    if draft.refuses_unknown_members:
        return None
    named = st.text(max_size=20).map(lambda tail: f"x-{tail}")
    return st.tuples(named, values.json_values()).map(
        lambda drawn: draft.request_with_value(json_pointer.join(drawn[0]), drawn[1], "a member that no document knows")
    )


def nested_tools(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Tools with schemas of objects within objects, and names and descriptions of any legal kind."""
    if "tools" not in draft.fields or draft.endpoint != "chat":
        return None
    required = {"name": values.tool_names(), "parameters": values.tool_parameters()}
    function = st.fixed_dictionaries(
        required, optional={"description": values.texts(MAX_DESCRIPTION_BYTES, empty=True)}
    )
    several = st.lists(function, min_size=1, max_size=3, unique_by=_function_name)
    return several.map(
        lambda held: _request_with_members(
            draft, {"tools": [_tool_from_function(one) for one in held]}, f"{len(held)} tools"
        )
    )


def _function_name(function: dict[str, Any]) -> str:
    return str(function["name"])


def _tool_from_function(function: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": function}


def long_conversation(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Many messages, by who may say one without another before it."""
    if "messages" not in draft.smallest_body:
        return None
    said = values.texts(draft.max_text_bytes // (MAX_MESSAGES + 1), empty=True)
    message = st.fixed_dictionaries({"role": st.sampled_from(("user", "assistant", "system")), "content": said})
    last = said.map(lambda text: {"role": "user", "content": text})
    before = st.lists(message, max_size=MAX_MESSAGES)
    return st.tuples(before, last).map(
        lambda drawn: _request_with_members(draft, {"messages": [*drawn[0], drawn[1]]}, f"{len(drawn[0]) + 1} messages")
    )


def _request_with_members(draft: RequestFactory, members: dict[str, Any], says: str) -> GeneratedRequest:
    """The proper request with these members; one that is only there is told by its name."""
    at = json_pointer.join(next(iter(members))) if len(members) == 1 else ""
    told = says if at else f"{says}: {', '.join(members)}"
    return GeneratedRequest(
        draft.request_with_body({**draft.smallest_body, **members}),
        at,
        told,
        None,
        features_from_members(tuple(members)),
    )
