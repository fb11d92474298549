"""Requests that are broken in exactly one named place; everything else in them is proper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import values
from wireproof.generation.generated_request import Probe, written
from wireproof.generation.request_factory import Draft

Row = Mapping[str, Any]

# One step beyond a bound.
STEPS = {"integer": 1, "number": 0.1}
# Words that no reader takes for a number or a truth value.
WORDS = st.text(st.sampled_from("abcdefgh é漢🙂"), max_size=8).map(lambda tail: f"word {tail}")
SAMPLES: Mapping[str, SearchStrategy[Any]] = {
    "string": WORDS,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31),
    "number": st.floats(-1e6, 1e6).filter(lambda value: not value.is_integer()),
    "array": st.lists(st.integers(0, 9), min_size=1, max_size=3),
    "object": st.dictionaries(st.sampled_from(("a", "b", "type")), st.integers(0, 9), max_size=2),
}
# A number beyond what the binary doubles of most readers hold.
HUGE = ("1e309", "-1e309", "9" * 400, "1e999999")
# A byte that never stands, half a character, a zero the long way round, half a surrogate pair, five bytes for one.
NOT_UTF_8 = (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe9")
CONTENT_TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded", "application/octet-stream")


def missing(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member that the contract requires is not there."""
    places = [at for at, row in draft.places() if row.get("required") and _there(draft, at)]
    return _one_of(draft, places, _without)


def _without(draft: Draft, at: str) -> Probe:
    return Probe(draft.ask(json_pointer.drop(draft.body, at)), at, "missing", "missing-field")


def wrong_type(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member has a value of a type that the contract does not name for it."""
    broken = [(at, kind) for at, row in draft.places() for kind in SAMPLES if not _takes(kind, row)]

    def drawn(chosen: tuple[str, str]) -> SearchStrategy[Probe]:
        at, kind = chosen
        return SAMPLES[kind].map(lambda value: draft.probe(at, value, f"of the type {kind}", "wrong-type"))

    return st.sampled_from(broken).flatmap(drawn)


def _takes(kind: str, row: Row) -> bool:
    named = _types(row)
    return kind in named or (kind == "integer" and "number" in named) or "any" in named


def _types(row: Row) -> tuple[str, ...]:
    return (row["type"],) if isinstance(row["type"], str) else tuple(row["type"])


def out_of_range(draft: Draft) -> SearchStrategy[Probe] | None:
    """A number is one step beyond its range, or an array has one element too few or too many."""
    beyond = [(at, value) for at, row in draft.places() for value in _beyond(row)]
    if not beyond:
        return None
    return st.sampled_from(beyond).map(
        lambda drawn: draft.probe(drawn[0], drawn[1], "one step out of its range", "out-of-range")
    )


def _beyond(row: Row) -> Iterator[Any]:
    step = next((STEPS[kind] for kind in _types(row) if kind in STEPS), None)
    if step is not None:
        yield from (round(row["minimum"] - step, 9) for _ in range("minimum" in row))
        yield from (round(row["maximum"] + step, 9) for _ in range("maximum" in row))
    if row.get("min_items"):
        yield []
    if "max_items" in row and row["max_items"] < 100:
        yield ["x"] * (row["max_items"] + 1)


def wrong_choice(draft: Draft) -> SearchStrategy[Probe] | None:
    """A word that is none of those the contract lists."""
    places = [at for at, row in draft.places() if row.get("enum")]
    if not places:
        return None
    return st.tuples(st.sampled_from(places), WORDS).map(
        lambda drawn: draft.probe(*drawn, "a word that is not listed", "out-of-range")
    )


def exclusive(draft: Draft) -> SearchStrategy[Probe] | None:
    """Two members that exclude each other, where the contract has a refusal for that."""
    if "both-inputs" not in draft.provider.refusals or not {"input", "messages"} <= draft.fields.keys():
        return None

    def both(drawn: tuple[str, str]) -> Probe:
        said, messages = drawn[0], [{"role": "user", "content": drawn[1]}]
        body = {**draft.body, "input": said, "messages": messages}
        return Probe(draft.ask(body), "/messages", "beside input, which excludes it", "both-inputs")

    return st.tuples(WORDS, WORDS).map(both)


def lonely(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member that means nothing without another one, where the contract says so."""
    known = [held for held in draft.row.get("lonely", ()) if held.keys() <= draft.fields.keys()]
    if not known or not draft.strict:
        return None

    def alone(held: dict[str, Any]) -> Probe:
        at = json_pointer.join(tuple(held)[-1])
        return Probe(draft.ask({**draft.body, **held}), at, "without the member it belongs to", "out-of-range")

    return st.sampled_from(known).map(alone)


def unknown(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member that no document knows, where the contract refuses such."""
    if not draft.strict:
        return None
    return st.tuples(st.text(max_size=20), values.json_values()).map(
        lambda drawn: draft.probe(json_pointer.join(f"x-{drawn[0]}"), drawn[1], "an unknown member", "unknown-field")
    )


def huge(draft: Draft) -> SearchStrategy[Probe] | None:
    """A number that no binary double holds, at a member with a range."""
    places = [name for name, row in draft.fields.items() if {"minimum", "maximum"} <= row.keys()]
    if not places:
        return None

    def spelled(drawn: tuple[str, str]) -> Probe:
        name, number = drawn
        mark = "\ue000"
        raw = written({**draft.body, name: mark}).replace(written(mark), number.encode())
        shown = number if len(number) < 12 else f"a number of {len(number)} digits"
        return Probe(draft.ask(draft.body, raw), json_pointer.join(name), shown)

    return st.tuples(st.sampled_from(places), st.sampled_from(HUGE)).map(spelled)


def truncated(draft: Draft) -> SearchStrategy[Probe] | None:
    """A body that stops in the middle of its JSON."""
    raw = written(draft.body)
    return st.integers(1, len(raw) - 1).map(
        lambda size: Probe(draft.ask(None, raw[:size]), "", f"it stops after byte {size}", "malformed-json")
    )


def wrong_encoding(draft: Draft) -> SearchStrategy[Probe] | None:
    """A text with bytes that no UTF-8 has."""
    place = draft.row["texts"][0]
    mark = "\ue000"
    raw = written(json_pointer.edit(draft.body, place, mark))
    return st.sampled_from(NOT_UTF_8).map(
        lambda bytes_: Probe(
            draft.ask(None, raw.replace(mark.encode(), bytes_)), place, f"the bytes {bytes_.hex()}", "malformed-json"
        )
    )


def nesting(draft: Draft) -> SearchStrategy[Probe] | None:
    """Arrays within arrays where a text or a list of messages belongs."""
    place = draft.row["texts"][0]
    mark = "\ue000"
    raw = written(json_pointer.edit(draft.body, place, mark))
    return (
        st.integers(2, 100)
        .map(lambda depth: depth * depth)
        .map(
            lambda depth: Probe(
                draft.ask(None, raw.replace(written(mark), b"[" * depth + b"]" * depth)), place, f"{depth} arrays deep"
            )
        )
    )


def content_type(draft: Draft) -> SearchStrategy[Probe] | None:
    """A header that says of a JSON body that it is something else, where the contract has a refusal for that."""
    if "wrong-content-type" not in draft.provider.refusals:
        return None
    return st.sampled_from(CONTENT_TYPES).map(
        lambda named: Probe(draft.ask(draft.body, content_type=named), "", f"sent as {named}", "wrong-content-type")
    )


def _there(draft: Draft, at: str) -> bool:
    try:
        json_pointer.get(draft.body, at)
    except json_pointer.Missing:
        return False
    return True


def _one_of(draft: Draft, places: list[str], make: Any) -> SearchStrategy[Probe] | None:
    return st.sampled_from(places).map(lambda at: make(draft, at)) if places else None
