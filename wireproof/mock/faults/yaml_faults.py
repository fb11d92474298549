"""Faults that a table can tell: an edit, a status, headers or a body, at a place of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults import json_edits
from wireproof.mock.faults.answer_places import PLACES
from wireproof.mock.faults.fault import Fault, fault, stored
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.json_edits import Edit
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

Row = Mapping[str, Any]
TABLES = (
    "answers", "images", "transcriptions", "vision", "reasoning", "responses", "quotas", "headers", "models",
    "liberties", "refusals",
)  # fmt: skip
ERRORS = frozenset({"error"})


def rows() -> Iterator[Fault]:
    """Every fault of the tables."""
    for group in (group for name in TABLES for group in stored(f"tables/{name}.yaml")):
        for fault_id, row in group["faults"].items():
            lapse = Lapse(say=told(row, row.get("place", group["place"])))
            yield fault(fault_id, {"endpoints": group["endpoints"], **row}, lapse)


def told(row: Row, place: str) -> Callable[[Answer, HttpRequest], Answer]:
    """What is said under a row of the table."""
    edit = json_edits.in_turn(list(edits_of(row)))

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if not concerns(answer, place, row) or not received.path.startswith(f"/{row.get('of', '')}"):
            return answer
        return dressed(PLACES[place](answer, edit), row)

    return say


def edits_of(row: Row) -> Iterator[Edit]:
    for word, make in json_edits.DERIVED.items():
        given = row.get(word, ())
        yield from (make(place) for place in ([given] if isinstance(given, str) else given))
    for place, more in row.get("add", {}).items():
        yield json_edits.added(place, more)
    for place, name in row.get("rename", {}).items():
        yield json_edits.renamed(place, name)
    for place, value in row.get("set", {}).items():
        yield json_edits.put(place, value)


def concerns(answer: Answer, place: str, row: Row) -> bool:
    """A row about errors concerns errors, of the statuses it names if it names some."""
    failed = answer.status >= 400
    if row.get("statuses") and answer.status not in row["statuses"]:
        return False
    if place in ("answer", "error") and not isinstance(answer, PlainAnswer):
        return False
    return failed == (place in ERRORS)


def dressed(answer: Answer, row: Row) -> Answer:
    """The answer with the row's status, headers and body."""
    changed = row.get("headers", {})
    lowered = {name.lower() for name in changed}
    kept = tuple(pair for pair in answer.headers if pair[0].lower() not in lowered)
    added = tuple((name, str(value)) for name, value in changed.items() if value is not None)
    answer = replace(answer, headers=(*kept, *added), status=row.get("status", answer.status))
    if isinstance(answer, PlainAnswer) and "body" in row:
        return replace(answer, value=row["body"].encode())
    return replace(answer, value=row["value"]) if isinstance(answer, PlainAnswer) and "value" in row else answer
