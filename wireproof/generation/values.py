"""Values that nobody writes by hand: texts of every plane, names, deep schemas, spellings of numbers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

PLANE_COUNT = 17
PLANE_SIZE = 0x10000
# Sequences whose parts mean something together, or stand on the edge of what a server expects of a text.
ODD_TEXTS = (
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇷", "e\u0301", "שלום עולם", "مرحبا بالعالم",
    "\u202eabc\u202c", "\u200b", "\ufeff", "\u0000", "\u2028", "𝒳", "𠜎", "\U0010ffff", "\ufffd",
    "null", "undefined", "{}", "[DONE]", "data: [DONE]\n\n", "<|endoftext|>", "\\", '"', "\r\n",
    "%00", "${x}", "{{x}}", "../..", "'; --",
)  # fmt: skip
LONG_TEXT_BYTES = (64, 256, 1_000, 4_096, 20_000)


def plane_texts(number: int) -> SearchStrategy[str]:
    """A few characters of one of the seventeen planes of Unicode."""
    low = number * PLANE_SIZE
    return st.text(
        st.characters(codec="utf-8", min_codepoint=low, max_codepoint=low + PLANE_SIZE - 1), min_size=1, max_size=8
    )


def texts(most: int, *, empty: bool) -> SearchStrategy[str]:
    """Texts of every plane, odd ones, long ones of at most so many bytes, and the empty one where it is legal."""
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
    """Any small JSON value."""
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    return st.recursive(
        leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3)
    )


def tool_parameters() -> SearchStrategy[dict[str, Any]]:
    """Schemas of the parameters of a tool, objects within objects and arrays."""
    leaves = st.sampled_from(("string", "number", "integer", "boolean", "null")).map(lambda kind: {"type": kind})

    def nested(below: SearchStrategy[Any]) -> SearchStrategy[Any]:
        members = st.dictionaries(st.text(min_size=1, max_size=6), below, max_size=3)
        objects = members.map(lambda held: {"type": "object", "properties": held, "required": sorted(held)[:1]})
        return objects | below.map(lambda items: {"type": "array", "items": items})

    return st.builds(
        lambda held, depth: _nest_in_objects(held, depth),
        st.recursive(leaves, nested, max_leaves=6),
        st.sampled_from((0, 1, 12)),
    )


def _nest_in_objects(held: Any, depth: int) -> dict[str, Any]:
    """An object schema with this one so many objects below it."""
    for _ in range(depth):
        held = {"type": "object", "properties": {"below": held}}
    return {"type": "object", "properties": {"it": held}}


def tool_names() -> SearchStrategy[str]:
    """Names of tools as every document takes them: one to 64 letters, digits, underscores and hyphens."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    return st.text(st.sampled_from(letters), min_size=1, max_size=64)
