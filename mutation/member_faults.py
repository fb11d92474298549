"""Faults of single members of an answer: each dropped, null, of another type, with another value.

`wireproof prove` injects such faults at the places that clauses name. Here they are injected at every member of every
answer, for the checks with few cases, which read members that no schema describes.
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
NUMBERS_ONLY = "negative"


def member_faults(result: CaseResult) -> Iterator[Fault]:
    """Yields every fault of one member of the answers of a case."""
    places: dict[str, set[type]] = {}
    for exchange in result if isinstance(result, tuple) else ():
        for value in json_values(exchange):
            for place, kind in typed_places(value):
                places.setdefault(place, set()).add(kind)
    for place, kinds in places.items():
        for operation in OPERATIONS:
            if operation != NUMBERS_ONLY or kinds & {int, float}:
                yield derive_fault(place, operation)


def json_values(exchange: Exchange) -> Iterator[Any]:
    """Yields the JSON value of an answer, or those of the chunks of a stream."""
    if exchange.content_type == "text/event-stream":
        yield from (chunk.value for chunk in exchange.stream.chunks)
        return
    try:
        yield exchange.json
    except NotJson:
        return


def typed_places(value: Any, place: str = "") -> Iterator[tuple[str, type]]:
    """Yields the place of every member, with `*` for the elements of a list, and its type."""
    if isinstance(value, dict):
        for name, inner in value.items():
            member_place = f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
            yield member_place, type(inner)
            yield from typed_places(inner, member_place)
    elif isinstance(value, list):
        for inner in value:
            yield from typed_places(inner, f"{place}/*")
