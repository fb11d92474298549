"""Requests of which no document says what becomes of them: served or refused, and withstood in any case."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.generation import values
from wireproof.generation.generated_request import GeneratedRequest, encode_body
from wireproof.generation.invalid import NOT_JSON_CONTENT_TYPES
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.valid import MAX_DESCRIPTION_BYTES

BOM = b"\xef\xbb\xbf"
OTHER_UNICODE_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


def duplicate_member(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A member that stands twice, which RFC 8259 advises against and leaves open."""
    raw = encode_body(draft.smallest_body)

    def request_with_member_twice(name: str) -> GeneratedRequest:
        member = b", " + encode_body(name) + b": " + encode_body(draft.smallest_body[name]) + b"}"
        return GeneratedRequest(
            draft.request_with_body(draft.smallest_body, raw[:-1] + member), json_pointer.join(name), "it stands twice"
        )

    return st.sampled_from(sorted(draft.smallest_body)).map(request_with_member_twice)


def unusual_encoding(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A byte order mark before the body, or the body in another encoding of Unicode."""
    raw, text = encode_body(draft.smallest_body), encode_body(draft.smallest_body).decode()
    coded = [
        (BOM + raw, "a byte order mark before it"),
        *((text.encode(name), f"in {name}") for name in OTHER_UNICODE_ENCODINGS),
    ]
    return st.sampled_from(coded).map(
        lambda drawn: GeneratedRequest(draft.request_with_body(draft.smallest_body, drawn[0]), "", drawn[1])
    )


def lone_surrogate(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Half of a surrogate pair in a text, which JSON can say and Unicode has not."""
    place = draft.endpoint_entry["texts"][0]
    halves = st.integers(0xD800, 0xDFFF).map(chr)
    return st.tuples(st.sampled_from(("", "a")), halves, st.sampled_from(("", "b"))).map(
        lambda drawn: draft.request_with_value(place, "".join(drawn), "a lone surrogate")
    )


def unusual_tool_name(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A tool whose name is any text: a lone emoji, a blank, or longer than any document allows."""
    if "tools" not in draft.fields or draft.endpoint != "chat":
        return None

    def request_with_tool_name(name: str) -> GeneratedRequest:
        held = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}]
        body = {**draft.smallest_body, "tools": held}
        return GeneratedRequest(
            draft.request_with_body(body), "/tools/0/function/name", f"a name of {len(name)} characters"
        )

    emoji = st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF)
    return (values.texts(MAX_DESCRIPTION_BYTES, empty=True) | emoji).map(request_with_tool_name)


def undocumented_content_type(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A header that says of a JSON body that it is something else, where no document speaks of that."""
    if "wrong-content-type" in draft.provider.refusals:
        return None
    return st.sampled_from(NOT_JSON_CONTENT_TYPES).map(
        lambda named: GeneratedRequest(
            draft.request_with_body(draft.smallest_body, content_type=named), "", f"sent as {named}"
        )
    )


def extreme_integer(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
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
        lambda drawn: draft.request_with_value(json_pointer.join(drawn[0]), drawn[1], f"the number {drawn[1]}")
    )
