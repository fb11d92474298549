"""Faults of single members: each that an answer has, dropped, null, of another type, with another value.

`wireproof prove` does this where a clause names the place. Here it is done to every member of every answer, for the
checks of few cases: they read what the shapes do not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.formats.strict_json import NotJson
from wireproof.mock.faults import derive_fault
from wireproof.mock.faults.fault import Fault

OPERATIONS = ("drop", "null", "retype", "other", "negative", "empty")
ONLY_NUMBERS = "negative"


def member_faults(sent: CaseResult) -> Iterator[Fault]:
    """Every fault of one member of what came of a case."""
    places: dict[str, set[type]] = {}
    for exchange in sent if isinstance(sent, tuple) else ():
        for value in values(exchange):
            for at, kind in members(value):
                places.setdefault(at, set()).add(kind)
    for at, kinds in places.items():
        for operation in OPERATIONS:
            if operation != ONLY_NUMBERS or kinds & {int, float}:
                yield derive_fault(at, operation)


def values(exchange: Exchange) -> Iterator[Any]:
    """The JSON value of an answer, or those of the chunks of a stream."""
    if exchange.content_type == "text/event-stream":
        yield from (chunk.value for chunk in exchange.stream.chunks)
        return
    try:
        yield exchange.json
    except NotJson:
        return


def members(value: Any, at: str = "") -> Iterator[tuple[str, type]]:
    """The place of every member, with `*` for the elements of a list, and its type."""
    if isinstance(value, dict):
        for name, inner in value.items():
            place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            yield place, type(inner)
            yield from members(inner, place)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, f"{at}/*")
