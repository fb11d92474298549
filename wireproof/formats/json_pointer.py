"""JSON Pointers (RFC 6901); in patterns, `*` matches each element or member."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ARRAY_INDEX = re.compile("0|[1-9][0-9]*")


class Missing(LookupError):
    """Raised if a document has no value at a pointer."""


def parts(pointer: str) -> tuple[str, ...]:
    """Unescaped reference tokens of a pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def join(*tokens: str | int) -> str:
    """Pointer made of reference tokens."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def get(document: Any, pointer: str) -> Any:
    """Returns the value at a pointer; raises Missing if there is none."""
    for part in parts(pointer):
        document = _step(document, part, pointer)
    return document


def find(document: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yields every (pointer, value) that a pattern with `*` matches."""
    yield from _find(document, parts(pointer), ())


def matches(place: str, pointer: str) -> bool:
    """True if the pattern `place` matches the pointer or one of its ancestors."""
    pattern, tokens = parts(place), parts(pointer)
    return len(tokens) >= len(pattern) and all(
        expected in ("*", token) for expected, token in zip(pattern, tokens, strict=False)
    )


def edit(document: Any, pointer: str, value: Any) -> Any:
    """Returns a copy of the document with the value set at the pointer; `-` appends to an array."""
    tokens = parts(pointer)
    return _edit(document, tokens, value) if tokens else value


def drop(document: Any, pointer: str) -> Any:
    """Returns a copy of the document without the value at the pointer; raises Missing if there is none."""
    get(document, pointer)
    if not pointer:
        raise Missing(pointer)
    *path, last = parts(pointer)
    parent = get(document, join(*path))
    rest: Any
    if isinstance(parent, list):
        rest = [item for index, item in enumerate(parent) if str(index) != last]
    else:
        rest = {key: item for key, item in parent.items() if key != last}
    return edit(document, join(*path), rest)


def _step(document: Any, part: str, pointer: str) -> Any:
    if isinstance(document, dict) and part in document:
        return document[part]
    if isinstance(document, list) and ARRAY_INDEX.fullmatch(part) and int(part) < len(document):
        return document[int(part)]
    raise Missing(pointer)


def _find(document: Any, tokens: tuple[str, ...], path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    if not tokens:
        yield join(*path), document
        return
    first, rest = tokens[0], tokens[1:]
    if first != "*":
        try:
            yield from _find(_step(document, first, ""), rest, (*path, first))
        except Missing:
            return
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from _find(item, rest, (*path, index))
    elif isinstance(document, dict):
        for key, item in document.items():
            yield from _find(item, rest, (*path, key))


def _edit(document: Any, tokens: tuple[str, ...], value: Any) -> Any:
    first, rest = tokens[0], tokens[1:]
    if isinstance(document, list):
        if first == "-" and not rest:
            return [*document, value]
        old = _step(document, first, join(*tokens))
        new = _edit(old, rest, value) if rest else value
        return [*document[: int(first)], new, *document[int(first) + 1 :]]
    if not isinstance(document, dict):
        raise Missing(join(*tokens))
    return {**document, first: _edit(document.get(first, {}), rest, value) if rest else value}
