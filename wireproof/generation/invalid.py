"""Invalid requests: each is broken in exactly one named place and valid everywhere else."""

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

# The distance from a bound to the value beyond it.
STEPS_OUT_OF_RANGE = {"integer": 1, "number": 0.1}
# Words that no parser reads as a number or a boolean.
WORD_TEXTS = st.text(st.sampled_from("abcdefgh é漢🙂"), max_size=8).map(lambda tail: f"word {tail}")
SAMPLES_BY_TYPE: Mapping[str, SearchStrategy[Any]] = {
    "string": WORD_TEXTS,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31),
    "number": st.floats(-1e6, 1e6).filter(lambda value: not value.is_integer()),
    "array": st.lists(st.integers(0, 9), min_size=1, max_size=3),
    "object": st.dictionaries(st.sampled_from(("a", "b", "type")), st.integers(0, 9), max_size=2),
}
# Numbers that do not fit into a binary double.
HUGE_NUMBERS = ("1e309", "-1e309", "9" * 400, "1e999999")
# A byte that is never valid, half a character, an overlong zero, half a surrogate pair, a sequence of five bytes.
NOT_UTF_8 = (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe9")
NOT_JSON_CONTENT_TYPES = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
)


def missing_member(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests without a required member."""
    places = [at for at, row in factory.places() if row.get("required") and _is_present(factory, at)]
    return _requests_at_places(factory, places, _request_without)


def _request_without(factory: RequestFactory, at: str) -> GeneratedRequest:
    return GeneratedRequest(
        factory.request_with_body(json_pointer.drop(factory.smallest_body, at)), at, "missing", "missing-field"
    )


def wrong_type(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a value of an undocumented type."""
    broken = [(at, kind) for at, row in factory.places() for kind in SAMPLES_BY_TYPE if not _accepts_type(kind, row)]

    def request_with_wrong_type(chosen: tuple[str, str]) -> SearchStrategy[GeneratedRequest]:
        at, kind = chosen
        return SAMPLES_BY_TYPE[kind].map(
            lambda value: factory.request_with_value(at, value, f"of the type {kind}", "wrong-type")
        )

    return st.sampled_from(broken).flatmap(request_with_wrong_type)


def _accepts_type(kind: str, row: FieldSpec) -> bool:
    named = _documented_types(row)
    return kind in named or (kind == "integer" and "number" in named) or "any" in named


def _documented_types(row: FieldSpec) -> tuple[str, ...]:
    return (row["type"],) if isinstance(row["type"], str) else tuple(row["type"])


def out_of_range(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a number one step out of its range, or an array with one element too few or too many."""
    out_of_range_values = [(at, value) for at, row in factory.places() for value in _values_out_of_range(row)]
    if not out_of_range_values:
        return None
    return st.sampled_from(out_of_range_values).map(
        lambda drawn: factory.request_with_value(drawn[0], drawn[1], "one step out of its range", "out-of-range")
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


def wrong_choice(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a word that is not in the list of the contract."""
    places = [at for at, row in factory.places() if row.get("enum")]
    if not places:
        return None
    return st.tuples(st.sampled_from(places), WORD_TEXTS).map(
        lambda drawn: factory.request_with_value(*drawn, "a word that is not listed", "out-of-range")
    )


def exclusive_members(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with two members that exclude each other; None if the contract has no refusal for that."""
    if "both-inputs" not in factory.provider.refusals or not {"input", "messages"} <= factory.fields.keys():
        return None

    def request_with_both(drawn: tuple[str, str]) -> GeneratedRequest:
        text, messages = drawn[0], [{"role": "user", "content": drawn[1]}]
        body = {**factory.smallest_body, "input": text, "messages": messages}
        return GeneratedRequest(
            factory.request_with_body(body), "/messages", "beside input, which excludes it", "both-inputs"
        )

    return st.tuples(WORD_TEXTS, WORD_TEXTS).map(request_with_both)


def lonely_member(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a member that requires another one; None if the contract does not refuse them."""
    lonely = [row for row in factory.endpoint_entry.get("lonely", ()) if row.keys() <= factory.fields.keys()]
    if not lonely or not factory.refuses_unknown_members:
        return None

    def request_with_members(members: dict[str, Any]) -> GeneratedRequest:
        at = json_pointer.join(tuple(members)[-1])
        return GeneratedRequest(
            factory.request_with_body({**factory.smallest_body, **members}),
            at,
            "without the member it belongs to",
            "out-of-range",
        )

    return st.sampled_from(lonely).map(request_with_members)


def unknown_member(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with an unknown member; None if the contract does not refuse them."""
    if not factory.refuses_unknown_members:
        return None
    return st.tuples(st.text(max_size=20), values.json_values()).map(
        lambda drawn: factory.request_with_value(
            json_pointer.join(f"x-{drawn[0]}"), drawn[1], "an unknown member", "unknown-field"
        )
    )


def huge_number(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a number that no binary double holds, at a member with a range."""
    places = [name for name, row in factory.fields.items() if {"minimum", "maximum"} <= row.keys()]
    if not places:
        return None

    def request_with_number(drawn: tuple[str, str]) -> GeneratedRequest:
        name, number = drawn
        mark = "\ue000"
        raw = encode_body({**factory.smallest_body, name: mark}).replace(encode_body(mark), number.encode())
        shown = number if len(number) < 12 else f"a number of {len(number)} digits"
        return GeneratedRequest(factory.request_with_body(factory.smallest_body, raw), json_pointer.join(name), shown)

    return st.tuples(st.sampled_from(places), st.sampled_from(HUGE_NUMBERS)).map(request_with_number)


def truncated_json(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests whose body ends in the middle of its JSON."""
    raw = encode_body(factory.smallest_body)
    return st.integers(1, len(raw) - 1).map(
        lambda size: GeneratedRequest(
            factory.request_with_body(None, raw[:size]), "", f"it ends after byte {size}", "malformed-json"
        )
    )


def invalid_utf8(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a text of bytes that are not UTF-8."""
    place = factory.endpoint_entry["texts"][0]
    mark = "\ue000"
    raw = encode_body(json_pointer.edit(factory.smallest_body, place, mark))
    return st.sampled_from(NOT_UTF_8).map(
        lambda bytes_: GeneratedRequest(
            factory.request_with_body(None, raw.replace(mark.encode(), bytes_)),
            place,
            f"the bytes {bytes_.hex()}",
            "malformed-json",
        )
    )


def deep_nesting(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with deeply nested arrays in place of a text or of messages."""
    place = factory.endpoint_entry["texts"][0]
    mark = "\ue000"
    raw = encode_body(json_pointer.edit(factory.smallest_body, place, mark))
    return (
        st.integers(2, 100)
        .map(lambda depth: depth * depth)
        .map(
            lambda depth: GeneratedRequest(
                factory.request_with_body(None, raw.replace(encode_body(mark), b"[" * depth + b"]" * depth)),
                place,
                f"{depth} arrays deep",
            )
        )
    )


def refused_content_type(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws JSON bodies with another Content-Type; None if the contract has no refusal for that."""
    if "wrong-content-type" not in factory.provider.refusals:
        return None
    return st.sampled_from(NOT_JSON_CONTENT_TYPES).map(
        lambda named: GeneratedRequest(
            factory.request_with_body(factory.smallest_body, content_type=named),
            "",
            f"sent as {named}",
            "wrong-content-type",
        )
    )


def _is_present(factory: RequestFactory, at: str) -> bool:
    try:
        json_pointer.get(factory.smallest_body, at)
    except json_pointer.Missing:
        return False
    return True


def _requests_at_places(
    factory: RequestFactory, places: list[str], make: Any
) -> SearchStrategy[GeneratedRequest] | None:
    return st.sampled_from(places).map(lambda at: make(factory, at)) if places else None
