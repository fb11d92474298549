"""Requests of which no document says what becomes of them: served or refused, and withstood in any case."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import values
from wireproof.generation.generated_request import Probe, written
from wireproof.generation.invalid import CONTENT_TYPES
from wireproof.generation.request_factory import Draft
from wireproof.generation.valid import SHORT

BOM = b"\xef\xbb\xbf"
UTF_16 = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


def duplicate(draft: Draft) -> SearchStrategy[Probe] | None:
    """A member that stands twice, which RFC 8259 advises against and leaves open."""
    raw = written(draft.body)

    def twice(name: str) -> Probe:
        member = b", " + written(name) + b": " + written(draft.body[name]) + b"}"
        return Probe(draft.ask(draft.body, raw[:-1] + member), json_pointer.join(name), "it stands twice")

    return st.sampled_from(sorted(draft.body)).map(twice)


def encoding(draft: Draft) -> SearchStrategy[Probe] | None:
    """A byte order mark before the body, or the body in another encoding of Unicode."""
    raw, text = written(draft.body), written(draft.body).decode()
    coded = [(BOM + raw, "a byte order mark before it"), *((text.encode(name), f"in {name}") for name in UTF_16)]
    return st.sampled_from(coded).map(lambda drawn: Probe(draft.ask(draft.body, drawn[0]), "", drawn[1]))


def surrogate(draft: Draft) -> SearchStrategy[Probe] | None:
    """Half of a surrogate pair in a text, which JSON can say and Unicode has not."""
    place = draft.row["texts"][0]
    halves = st.integers(0xD800, 0xDFFF).map(chr)
    return st.tuples(st.sampled_from(("", "a")), halves, st.sampled_from(("", "b"))).map(
        lambda drawn: draft.probe(place, "".join(drawn), "a lone surrogate")
    )


def tool_name(draft: Draft) -> SearchStrategy[Probe] | None:
    """A tool whose name is any text: a lone emoji, a blank, or longer than any document allows."""
    if "tools" not in draft.fields or draft.endpoint != "chat":
        return None

    def named(name: str) -> Probe:
        held = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}]
        body = {**draft.body, "tools": held}
        return Probe(draft.ask(body), "/tools/0/function/name", f"a name of {len(name)} characters")

    emoji = st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF)
    return (values.texts(SHORT, empty=True) | emoji).map(named)


def content_type(draft: Draft) -> SearchStrategy[Probe] | None:
    """A header that says of a JSON body that it is something else, where no document speaks of that."""
    if "wrong-content-type" in draft.provider.refusals:
        return None
    return st.sampled_from(CONTENT_TYPES).map(
        lambda named: Probe(draft.ask(draft.body, content_type=named), "", f"sent as {named}")
    )


def extreme(draft: Draft) -> SearchStrategy[Probe] | None:
    """A whole number within the range of its member, and beyond what 32 or 64 bits hold."""
    unbounded = [
        name
        for name, row in draft.fields.items()
        if row["type"] == "integer" and "maximum" not in row and name != draft.provider.token_cap(draft.endpoint)
    ]
    if not unbounded:
        return None
    large = st.sampled_from((2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**30))
    return st.tuples(st.sampled_from(unbounded), large).map(
        lambda drawn: draft.probe(json_pointer.join(drawn[0]), drawn[1], f"the number {drawn[1]}")
    )
