"""Unusual values: texts of every Unicode plane, JSON values, tool names and deep schemas."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

PLANE_COUNT = 17
PLANE_SIZE = 0x10000
# Characters that combine, invisible ones, and texts that code may interpret.
ODD_TEXTS = (
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇷", "e\u0301", "שלום עולם", "مرحبا بالعالم",
    "\u202eabc\u202c", "\u200b", "\ufeff", "\u0000", "\u2028", "𝒳", "𠜎", "\U0010ffff", "\ufffd",
    "null", "undefined", "{}", "[DONE]", "data: [DONE]\n\n", "<|endoftext|>", "\\", '"', "\r\n",
    "%00", "${x}", "{{x}}", "../..", "'; --",
)  # fmt: skip
LONG_TEXT_BYTES = (64, 256, 1_000, 4_096, 20_000)


def plane_texts(number: int) -> SearchStrategy[str]:
    """Draws a few characters of one of the seventeen Unicode planes."""
    low = number * PLANE_SIZE
    return st.text(
        st.characters(codec="utf-8", min_codepoint=low, max_codepoint=low + PLANE_SIZE - 1), min_size=1, max_size=8
    )


def texts(most: int, *, empty: bool) -> SearchStrategy[str]:
    """Draws texts of every plane, odd ones, long ones of at most `most` bytes, and the empty one if `empty`."""
    sizes = [size for size in LONG_TEXT_BYTES if 4 * size <= most] or [most // 4]
    long = st.builds(lambda word, times: word * times, st.sampled_from(("a", "é", "漢", "🙂")), st.sampled_from(sizes))
    kinds = [
        st.integers(0, PLANE_COUNT - 1).flatmap(plane_texts),
        st.sampled_from(ODD_TEXTS),
        st.text(max_size=40),
        long,
    ]
    return st.one_of(st.just(""), *kinds) if empty else st.one_of(*kinds).filter(str.strip)


def json_values() -> SearchStrategy[Any]:
    """Draws any small JSON value."""
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    return st.recursive(
        leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3)
    )


def tool_parameters() -> SearchStrategy[dict[str, Any]]:
    """Draws schemas of tool parameters with nested objects and arrays."""
    leaves = st.sampled_from(("string", "number", "integer", "boolean", "null")).map(lambda kind: {"type": kind})

    def nested(below: SearchStrategy[Any]) -> SearchStrategy[Any]:
        members = st.dictionaries(st.text(min_size=1, max_size=6), below, max_size=3)
        objects = members.map(lambda drawn: {"type": "object", "properties": drawn, "required": sorted(drawn)[:1]})
        return objects | below.map(lambda items: {"type": "array", "items": items})

    return st.builds(
        lambda schema, depth: _nest_in_objects(schema, depth),
        st.recursive(leaves, nested, max_leaves=6),
        st.sampled_from((0, 1, 12)),
    )


def _nest_in_objects(schema: Any, depth: int) -> dict[str, Any]:
    """An object schema with this schema nested `depth` objects deep."""
    for _ in range(depth):
        schema = {"type": "object", "properties": {"below": schema}}
    return {"type": "object", "properties": {"it": schema}}


def tool_names() -> SearchStrategy[str]:
    """Draws tool names that every document admits: one to 64 letters, digits, underscores and hyphens."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    return st.text(st.sampled_from(letters), min_size=1, max_size=64)
