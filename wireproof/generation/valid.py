"""Valid requests that are unusual: each conforms to the contract in every member."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import from_schema, values
from wireproof.generation.generated_request import GeneratedRequest, encode_body
from wireproof.generation.request_factory import RequestFactory, features_from_members

# More choices or a longer answer cost more and prove nothing more.
COSTLY_MEMBERS = frozenset(
    {"n", "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens", "partial_images"}
)
# The spellings of a number in JSON: plain, with a fraction, with an exponent.
NUMBER_SPELLINGS = ("{}", "{}.0", "{}e0", "{}.00E+0")
TINY_NUMBER = "1e-9"
MAX_MESSAGES = 40
# Bytes of the description of a tool.
MAX_DESCRIPTION_BYTES = 1_024


def unusual_text(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a text of any Unicode plane, emoji, right to left, very long, or empty if that is legal."""
    texts = values.texts(factory.max_text_bytes, empty=factory.endpoint_entry.get("empty", False))
    places = [place for place in factory.endpoint_entry["texts"] if _is_documented(factory, place)]
    return st.tuples(st.sampled_from(places), texts).map(lambda drawn: _request_with_text(factory, *drawn))


def _is_documented(factory: RequestFactory, place: str) -> bool:
    return json_pointer.parts(place)[0] in factory.fields


def _request_with_text(factory: RequestFactory, place: str, text: str) -> GeneratedRequest:
    first, *below = json_pointer.parts(place)
    if below and not isinstance(factory.smallest_body.get(first), list):
        return factory.request_with_value(
            json_pointer.join(first), [text], f"a text of {len(text)} characters in an array"
        )
    return factory.request_with_value(place, text, f"a text of {len(text)} characters")


def numbers_at_bounds(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a number at or near a bound of its range, in each spelling of JSON."""
    spelled = [(name, text) for name, row in factory.fields.items() for text in _number_spellings(name, row)]
    return st.sampled_from(spelled).map(lambda drawn: _request_with_number(factory, *drawn)) if spelled else None


def _number_spellings(name: str, row: Any) -> list[str]:
    if name in COSTLY_MEMBERS or row["type"] not in ("number", "integer"):
        return []
    bounds = [bound for bound in (row.get("minimum"), row.get("maximum")) if bound is not None]
    if row["type"] == "integer":
        return [str(bound) for bound in bounds]
    within = [TINY_NUMBER] if bounds and min(bounds) <= 0 <= max(bounds) else []
    return [spelling.format(bound) for bound in bounds for spelling in NUMBER_SPELLINGS] + within


def _request_with_number(factory: RequestFactory, name: str, number: str) -> GeneratedRequest:
    """Makes the smallest valid request with a number in this spelling."""
    # `top_logprobs` is legal only together with `logprobs`.
    required = {"logprobs": True} if name == "top_logprobs" else {}
    body = {**factory.smallest_body, **required, name: float(number) if set(number) & set(".eE") else int(number)}
    mark = "\ue000"
    raw = encode_body({**body, name: mark}).replace(encode_body(mark), number.encode())
    return GeneratedRequest(
        factory.request_with_body(body, raw),
        json_pointer.join(name),
        f"the number {number}",
        None,
        features_from_members((name,)),
    )


def optional_members(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with one to three optional members, with values that the document's schema admits."""
    properties = factory.schema["properties"]
    names = [name for name in factory.endpoint_entry["alone"] if name in properties]
    if not names:
        return None
    schema = f"{factory.provider.schemas}/{factory.endpoint}.request"

    def request_with_options(chosen: list[str]) -> SearchStrategy[GeneratedRequest]:
        # A table of the document may bound a value that its schema leaves open.
        by_name = {
            name: from_schema.member_values(schema, name).filter(partial(_is_in_range, factory, name))
            for name in chosen
        }
        drawn = st.fixed_dictionaries(by_name)
        return drawn.map(lambda members: _request_with_members(factory, members, "members of the schema"))

    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).flatmap(request_with_options)


def _is_in_range(factory: RequestFactory, name: str, value: Any) -> bool:
    row = factory.rules.fields.get(name, {})
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return not number or bool(row.get("minimum", value) <= value <= row.get("maximum", value))


def extra_member(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with an undocumented member; None if the contract refuses them."""
    if factory.refuses_unknown_members:
        return None
    names = st.text(max_size=20).map(lambda tail: f"x-{tail}")
    return st.tuples(names, values.json_values()).map(
        lambda drawn: factory.request_with_value(json_pointer.join(drawn[0]), drawn[1], "an undocumented member")
    )


def nested_tools(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with tools: nested schemas, and any legal names and descriptions."""
    if "tools" not in factory.fields or factory.endpoint != "chat":
        return None
    required = {"name": values.tool_names(), "parameters": values.tool_parameters()}
    function = st.fixed_dictionaries(
        required, optional={"description": values.texts(MAX_DESCRIPTION_BYTES, empty=True)}
    )
    functions = st.lists(function, min_size=1, max_size=3, unique_by=_function_name)
    return functions.map(
        lambda drawn: _request_with_members(
            factory, {"tools": [_tool_from_function(function) for function in drawn]}, f"{len(drawn)} tools"
        )
    )


def _function_name(function: dict[str, Any]) -> str:
    return str(function["name"])


def _tool_from_function(function: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": function}


def long_conversation(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with up to MAX_MESSAGES + 1 messages, of roles that need no earlier message."""
    if "messages" not in factory.smallest_body:
        return None
    texts = values.texts(factory.max_text_bytes // (MAX_MESSAGES + 1), empty=True)
    message = st.fixed_dictionaries({"role": st.sampled_from(("user", "assistant", "system")), "content": texts})
    last = texts.map(lambda text: {"role": "user", "content": text})
    before = st.lists(message, max_size=MAX_MESSAGES)
    return st.tuples(before, last).map(
        lambda drawn: _request_with_members(
            factory, {"messages": [*drawn[0], drawn[1]]}, f"{len(drawn[0]) + 1} messages"
        )
    )


def _request_with_members(factory: RequestFactory, members: dict[str, Any], says: str) -> GeneratedRequest:
    """Makes the smallest valid request with these members; several members are listed in its description."""
    at = json_pointer.join(next(iter(members))) if len(members) == 1 else ""
    description = says if at else f"{says}: {', '.join(members)}"
    return GeneratedRequest(
        factory.request_with_body({**factory.smallest_body, **members}),
        at,
        description,
        None,
        features_from_members(tuple(members)),
    )
