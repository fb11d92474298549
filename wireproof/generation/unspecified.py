"""Requests that no document specifies: a server may serve or refuse them, but must not fail."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.formats import json_pointer
from wireproof.formats.sse import BOM
from wireproof.generation import values
from wireproof.generation.generated_request import GeneratedRequest, encode_body
from wireproof.generation.invalid import NOT_JSON_CONTENT_TYPES
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.valid import MAX_DESCRIPTION_BYTES

OTHER_UNICODE_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


def duplicate_member(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a duplicate member, which RFC 8259 section 4 advises against and leaves open."""
    raw = encode_body(factory.smallest_body)

    def request_with_member_twice(name: str) -> GeneratedRequest:
        member = b", " + encode_body(name) + b": " + encode_body(factory.smallest_body[name]) + b"}"
        return GeneratedRequest(
            factory.request_with_body(factory.smallest_body, raw[:-1] + member),
            json_pointer.join(name),
            "it is sent twice",
        )

    return st.sampled_from(sorted(factory.smallest_body)).map(request_with_member_twice)


def unusual_encoding(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with a byte order mark, or in an encoding other than UTF-8."""
    raw, text = encode_body(factory.smallest_body), encode_body(factory.smallest_body).decode()
    coded = [
        (BOM + raw, "a byte order mark before it"),
        *((text.encode(name), f"in {name}") for name in OTHER_UNICODE_ENCODINGS),
    ]
    return st.sampled_from(coded).map(
        lambda drawn: GeneratedRequest(factory.request_with_body(factory.smallest_body, drawn[0]), "", drawn[1])
    )


def lone_surrogate(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with half a surrogate pair in a text; JSON can write it, Unicode has no such character."""
    place = factory.endpoint_entry["texts"][0]
    halves = st.integers(0xD800, 0xDFFF).map(chr)
    return st.tuples(st.sampled_from(("", "a")), halves, st.sampled_from(("", "b"))).map(
        lambda drawn: factory.request_with_value(place, "".join(drawn), "a lone surrogate")
    )


def unusual_tool_name(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests with any text as the name of a tool; None for endpoints without tools."""
    if "tools" not in factory.fields or factory.endpoint != "chat":
        return None

    def request_with_tool_name(name: str) -> GeneratedRequest:
        tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}]
        body = {**factory.smallest_body, "tools": tools}
        return GeneratedRequest(
            factory.request_with_body(body), "/tools/0/function/name", f"a name of {len(name)} characters"
        )

    emoji = st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF)
    return (values.texts(MAX_DESCRIPTION_BYTES, empty=True) | emoji).map(request_with_tool_name)


def undocumented_content_type(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws JSON bodies with another Content-Type; None if the contract has a refusal for that."""
    if "wrong-content-type" in factory.provider.refusals:
        return None
    return st.sampled_from(NOT_JSON_CONTENT_TYPES).map(
        lambda named: GeneratedRequest(
            factory.request_with_body(factory.smallest_body, content_type=named), "", f"sent as {named}"
        )
    )


def extreme_integer(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws integers that are legal for their member but do not fit into 32 or 64 bits."""
    unbounded = [
        name
        for name, row in factory.fields.items()
        if row["type"] == "integer" and "maximum" not in row and name != factory.provider.token_cap(factory.endpoint)
    ]
    if not unbounded:
        return None
    large = st.sampled_from((2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**30))
    return st.tuples(st.sampled_from(unbounded), large).map(
        lambda drawn: factory.request_with_value(json_pointer.join(drawn[0]), drawn[1], f"the number {drawn[1]}")
    )
