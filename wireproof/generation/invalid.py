"""Requests that are broken in exactly one named place; everything else in them is proper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import values
from wireproof.generation.generated_request import GeneratedRequest, encode_body
from wireproof.generation.request_factory import RequestFactory

FieldSpec = Mapping[str, Any]

# One step beyond a bound.
STEPS_OUT_OF_RANGE = {"integer": 1, "number": 0.1}
# Words that no reader takes for a number or a truth value.
WORDS = st.text(st.sampled_from("abcdefgh é漢🙂"), max_size=8).map(lambda tail: f"word {tail}")
SAMPLES_BY_TYPE: Mapping[str, SearchStrategy[Any]] = {
    "string": WORDS,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31),
    "number": st.floats(-1e6, 1e6).filter(lambda value: not value.is_integer()),
    "array": st.lists(st.integers(0, 9), min_size=1, max_size=3),
    "object": st.dictionaries(st.sampled_from(("a", "b", "type")), st.integers(0, 9), max_size=2),
}
# A number beyond what the binary doubles of most readers hold.
HUGE_NUMBERS = ("1e309", "-1e309", "9" * 400, "1e999999")
# A byte that never stands, half a character, a zero the long way round, half a surrogate pair, five bytes for one.
NOT_UTF_8 = (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe9")
NOT_JSON_CONTENT_TYPES = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
)


def missing_member(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member that the contract requires is not there."""
    places = [at for at, row in draft.places() if row.get("required") and _is_present(draft, at)]
    return _requests_at_places(draft, places, _request_without)


def _request_without(draft: RequestFactory, at: str) -> GeneratedRequest:
    return GeneratedRequest(
        draft.request_with_body(json_pointer.drop(draft.smallest_body, at)), at, "missing", "missing-field"
    )


def wrong_type(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member has a value of a type that the contract does not name for it."""
    broken = [(at, kind) for at, row in draft.places() for kind in SAMPLES_BY_TYPE if not _accepts_type(kind, row)]

    def request_with_wrong_type(chosen: tuple[str, str]) -> SearchStrategy[GeneratedRequest]:
        at, kind = chosen
        return SAMPLES_BY_TYPE[kind].map(
            lambda value: draft.request_with_value(at, value, f"of the type {kind}", "wrong-type")
        )

    return st.sampled_from(broken).flatmap(request_with_wrong_type)


def _accepts_type(kind: str, row: FieldSpec) -> bool:
    named = _documented_types(row)
    return kind in named or (kind == "integer" and "number" in named) or "any" in named


def _documented_types(row: FieldSpec) -> tuple[str, ...]:
    return (row["type"],) if isinstance(row["type"], str) else tuple(row["type"])


def out_of_range(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A number is one step beyond its range, or an array has one element too few or too many."""
    beyond = [(at, value) for at, row in draft.places() for value in _values_out_of_range(row)]
    if not beyond:
        return None
    return st.sampled_from(beyond).map(
        lambda drawn: draft.request_with_value(drawn[0], drawn[1], "one step out of its range", "out-of-range")
    )


def _values_out_of_range(row: FieldSpec) -> Iterator[Any]:
    step = next((STEPS_OUT_OF_RANGE[kind] for kind in _documented_types(row) if kind in STEPS_OUT_OF_RANGE), None)
    if step is not None:
        yield from (round(row["minimum"] - step, 9) for _ in range("minimum" in row))
        yield from (round(row["maximum"] + step, 9) for _ in range("maximum" in row))
    if row.get("min_items"):
        yield []
    if "max_items" in row and row["max_items"] < 100:
        yield ["x"] * (row["max_items"] + 1)


def wrong_choice(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A word that is none of those the contract lists."""
    places = [at for at, row in draft.places() if row.get("enum")]
    if not places:
        return None
    return st.tuples(st.sampled_from(places), WORDS).map(
        lambda drawn: draft.request_with_value(*drawn, "a word that is not listed", "out-of-range")
    )


def exclusive_members(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Two members that exclude each other, where the contract has a refusal for that."""
    if "both-inputs" not in draft.provider.refusals or not {"input", "messages"} <= draft.fields.keys():
        return None

    def request_with_both(drawn: tuple[str, str]) -> GeneratedRequest:
        said, messages = drawn[0], [{"role": "user", "content": drawn[1]}]
        body = {**draft.smallest_body, "input": said, "messages": messages}
        return GeneratedRequest(
            draft.request_with_body(body), "/messages", "beside input, which excludes it", "both-inputs"
        )

    return st.tuples(WORDS, WORDS).map(request_with_both)


def lonely_member(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member that means nothing without another one, where the contract says so."""
    known = [held for held in draft.endpoint_entry.get("lonely", ()) if held.keys() <= draft.fields.keys()]
    if not known or not draft.refuses_unknown_members:
        return None

    def request_with_members(held: dict[str, Any]) -> GeneratedRequest:
        at = json_pointer.join(tuple(held)[-1])
        return GeneratedRequest(
            draft.request_with_body({**draft.smallest_body, **held}),
            at,
            "without the member it belongs to",
            "out-of-range",
        )

    return st.sampled_from(known).map(request_with_members)


def unknown_member(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member that no document knows, where the contract refuses such."""
    if not draft.refuses_unknown_members:
        return None
    return st.tuples(st.text(max_size=20), values.json_values()).map(
        lambda drawn: draft.request_with_value(
            json_pointer.join(f"x-{drawn[0]}"), drawn[1], "an unknown member", "unknown-field"
        )
    )


def huge_number(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A number that no binary double holds, at a member with a range."""
    places = [name for name, row in draft.fields.items() if {"minimum", "maximum"} <= row.keys()]
    if not places:
        return None

    def request_with_number(drawn: tuple[str, str]) -> GeneratedRequest:
        name, number = drawn
        mark = "\ue000"
        raw = encode_body({**draft.smallest_body, name: mark}).replace(encode_body(mark), number.encode())
        shown = number if len(number) < 12 else f"a number of {len(number)} digits"
        return GeneratedRequest(draft.request_with_body(draft.smallest_body, raw), json_pointer.join(name), shown)

    return st.tuples(st.sampled_from(places), st.sampled_from(HUGE_NUMBERS)).map(request_with_number)


def truncated_json(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A body that stops in the middle of its JSON."""
    raw = encode_body(draft.smallest_body)
    return st.integers(1, len(raw) - 1).map(
        lambda size: GeneratedRequest(
            draft.request_with_body(None, raw[:size]), "", f"it stops after byte {size}", "malformed-json"
        )
    )


def invalid_utf8(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A text with bytes that no UTF-8 has."""
    place = draft.endpoint_entry["texts"][0]
    mark = "\ue000"
    raw = encode_body(json_pointer.edit(draft.smallest_body, place, mark))
    return st.sampled_from(NOT_UTF_8).map(
        lambda bytes_: GeneratedRequest(
            draft.request_with_body(None, raw.replace(mark.encode(), bytes_)),
            place,
            f"the bytes {bytes_.hex()}",
            "malformed-json",
        )
    )


def deep_nesting(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Arrays within arrays where a text or a list of messages belongs."""
    place = draft.endpoint_entry["texts"][0]
    mark = "\ue000"
    raw = encode_body(json_pointer.edit(draft.smallest_body, place, mark))
    return (
        st.integers(2, 100)
        .map(lambda depth: depth * depth)
        .map(
            lambda depth: GeneratedRequest(
                draft.request_with_body(None, raw.replace(encode_body(mark), b"[" * depth + b"]" * depth)),
                place,
                f"{depth} arrays deep",
            )
        )
    )


def refused_content_type(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A header that says of a JSON body that it is something else, where the contract has a refusal for that."""
    if "wrong-content-type" not in draft.provider.refusals:
        return None
    return st.sampled_from(NOT_JSON_CONTENT_TYPES).map(
        lambda named: GeneratedRequest(
            draft.request_with_body(draft.smallest_body, content_type=named),
            "",
            f"sent as {named}",
            "wrong-content-type",
        )
    )


def _is_present(draft: RequestFactory, at: str) -> bool:
    try:
        json_pointer.get(draft.smallest_body, at)
    except json_pointer.Missing:
        return False
    return True


def _requests_at_places(draft: RequestFactory, places: list[str], make: Any) -> SearchStrategy[GeneratedRequest] | None:
    return st.sampled_from(places).map(lambda at: make(draft, at)) if places else None
