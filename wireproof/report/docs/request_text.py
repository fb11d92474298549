"""The preview of a request as text: its line, its headers and its body; long values are cut and show their size."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from wireproof.formats.safe_text import printable

# The facts of the base cases of a request.
Chain = Sequence[Mapping[str, str]]
WIDTH = 100
# A longer text or list is cut to its beginning.
MOST_CHARACTERS, MOST_ITEMS = 300, 24
SHOWN_CHARACTERS, SHOWN_ITEMS = 80, 6


def request_lines(facts: Mapping[str, Any]) -> list[str]:
    """The lines of one request, as it is sent."""
    head = [f"{facts['method']} {facts['path']}", *(f"{name}: {value}" for name, value in facts["headers"])]
    body = list(_body(facts))
    return [*map(printable, head), *(["", *body] if body else [])]


def numbered(
    chains: Iterable[Chain], sends: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Chain, Mapping[str, Any]]]:
    """Yields (heading, bases, preview) of each request; equal requests in a row are one."""
    steps = enumerate(zip(chains, sends, strict=True), 1)
    # Compared as JSON, because 1 and true are equal in Python.
    for _, equal_steps in groupby(steps, key=lambda step: json.dumps(step[1])):
        numbers, requests = zip(*equal_steps, strict=True)
        bases, sent = requests[0]
        heading = f"request {numbers[0]}" if len(numbers) == 1 else f"requests {numbers[0]} to {numbers[-1]}"
        yield ("request" if len(sends) == 1 else f"{heading} of {len(sends)}"), bases, sent


def settings(facts: Mapping[str, Any]) -> list[str]:
    """The fields of a case that its request does not show, as the case writes them."""
    names = ("key", "cell", "clock", "slots", "leave_after", "leave_in")
    lines = [f"{name}: {facts[name]}" for name in names if name in facts]
    return lines + [f"save: {name} = {at}" for name, at in facts.get("saves", {}).items()]


def _body(facts: Mapping[str, Any]) -> Iterator[str]:
    if "json" in facts:
        yield from pretty(_cut(facts["json"]), WIDTH).split("\n")
    elif "text" in facts:
        yield from (printable(line) for line in _short(facts["text"]).split("\n"))
    for part in facts.get("parts", ()):
        kind = part.get("type") or "text"
        value = part["file"] if "file" in part else _short(part["text"])
        yield printable(f"{part['name']} ({kind}, {part['bytes']:,} bytes): {value}")
    if "blanks" in facts:
        yield f"(followed by {facts['blanks']:,} blanks)"


def pretty(value: Any, width: int, used: int = 0) -> str:
    """Formats JSON; a value that does not fit into `width` has one line for each of its entries.

    Args:
        used: number of characters before it on its first line.
    """
    flat = printable(json.dumps(value, ensure_ascii=False))
    if used + len(flat) <= width or not value or not isinstance(value, dict | list):
        return flat
    entries = value.items() if isinstance(value, dict) else (("", item) for item in value)
    prefixed = [(f"{json.dumps(name)}: " if isinstance(value, dict) else "", item) for name, item in entries]
    lines = ",\n".join(prefix + pretty(item, width - 2, len(prefix)) for prefix, item in prefixed)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{textwrap.indent(lines, '  ')}\n{closing}"


def _cut(value: Any) -> Any:
    """A copy of a JSON value with long texts and lists cut."""
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, list):
        items = value if len(value) <= MOST_ITEMS else [*value[:SHOWN_ITEMS], f"… {len(value):,} items"]
        return [_cut(item) for item in items]
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… {len(text):,} characters"
