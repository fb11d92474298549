"""JSON Pointers (RFC 6901), with `*` for each element in places that name many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ARRAY_INDEX = re.compile("0|[1-9][0-9]*")


class Missing(LookupError):
    """Nothing stands at a pointer."""


def parts(pointer: str) -> tuple[str, ...]:
    """The reference tokens of a pointer, unescaped."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def join(*tokens: str | int) -> str:
    """The pointer made of these reference tokens."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def get(document: Any, pointer: str) -> Any:
    """The value at a pointer; raises Missing where there is none."""
    for part in parts(pointer):
        document = _step(document, part, pointer)
    return document


def find(document: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Every (pointer, value) that a pointer with `*` names."""
    yield from _find(document, parts(pointer), ())


def matches(place: str, pointer: str) -> bool:
    """A place with `*` covers a pointer that is the same or lies below it."""
    wanted, given = parts(place), parts(pointer)
    return len(given) >= len(wanted) and all(w in ("*", g) for w, g in zip(wanted, given, strict=False))


def edit(document: Any, pointer: str, value: Any) -> Any:
    """A copy of the document with the value set at the pointer; `-` appends to an array."""
    tokens = parts(pointer)
    return _edit(document, tokens, value) if tokens else value


def drop(document: Any, pointer: str) -> Any:
    """A copy of the document without what stands at the pointer; raises Missing where nothing does."""
    get(document, pointer)
    if not pointer:
        raise Missing(pointer)
    *path, last = parts(pointer)
    parent = get(document, join(*path))
    kept: Any
    if isinstance(parent, list):
        kept = [item for index, item in enumerate(parent) if str(index) != last]
    else:
        kept = {key: item for key, item in parent.items() if key != last}
    return edit(document, join(*path), kept)


def _step(document: Any, part: str, pointer: str) -> Any:
    if isinstance(document, dict) and part in document:
        return document[part]
    if isinstance(document, list) and ARRAY_INDEX.fullmatch(part) and int(part) < len(document):
        return document[int(part)]
    raise Missing(pointer)


def _find(document: Any, tokens: tuple[str, ...], seen: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    if not tokens:
        yield join(*seen), document
        return
    first, rest = tokens[0], tokens[1:]
    if first != "*":
        try:
            yield from _find(_step(document, first, ""), rest, (*seen, first))
        except Missing:
            return
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from _find(item, rest, (*seen, index))
    elif isinstance(document, dict):
        for key, item in document.items():
            yield from _find(item, rest, (*seen, key))


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
