"""Faults that a YAML table describes: an edit, a status, headers or a body, at a place of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults import json_edits
from wireproof.mock.faults.answer_places import EDITS_BY_PLACE
from wireproof.mock.faults.fault import Fault, fault_from_row, read_catalogue_file
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.json_edits import Edit
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

FaultRow = Mapping[str, Any]
TABLE_NAMES = (
    "answers", "images", "transcriptions", "vision", "reasoning", "responses", "quotas", "headers", "models",
    "legal_variants", "refusals",
)  # fmt: skip
ERROR_PLACES = frozenset({"error"})


def table_faults(own: Iterable[Mapping[str, Any]] = ()) -> Iterator[Fault]:
    """Yields every fault of the tables, and of further groups of the same form."""
    tables = (group for name in TABLE_NAMES for group in read_catalogue_file(f"tables/{name}.yaml"))
    for group in (*tables, *own):
        for fault_id, row in group["faults"].items():
            hooks = FaultHooks(on_answer=answer_change_from_row(row, row.get("place", group["place"])))
            yield fault_from_row(fault_id, {"endpoints": group["endpoints"], **row}, hooks)


def answer_change_from_row(row: FaultRow, place: str) -> Callable[[Answer, HttpRequest], Answer]:
    """Returns the change of the answer that a row describes."""
    edit = json_edits.combine_edits(list(edits_from_row(row)))

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not is_concerned(answer, place, row) or not received.path.startswith(f"/{row.get('of', '')}"):
            return answer
        return with_row_values(EDITS_BY_PLACE[place](answer, edit), row)

    return change_answer


def edits_from_row(row: FaultRow) -> Iterator[Edit]:
    for word, make in json_edits.EDITS_BY_OPERATION.items():
        pointers = row.get(word, ())
        yield from (make(place) for place in ([pointers] if isinstance(pointers, str) else pointers))
    for place, more in row.get("add", {}).items():
        yield json_edits.add_at(place, more)
    for place, name in row.get("rename", {}).items():
        yield json_edits.rename_at(place, name)
    for place, value in row.get("set", {}).items():
        yield json_edits.set_at(place, value)


def is_concerned(answer: Answer, place: str, row: FaultRow) -> bool:
    """True if the row applies: error rows to errors, others to good answers, of the row's statuses if it names some."""
    is_error = answer.status >= 400
    if row.get("statuses") and answer.status not in row["statuses"]:
        return False
    if place in ("answer", "error") and not isinstance(answer, PlainAnswer):
        return False
    return is_error == (place in ERROR_PLACES)


def with_row_values(answer: Answer, row: FaultRow) -> Answer:
    """Returns the answer with the row's status, headers and body."""
    new_headers = row.get("headers", {})
    names = {name.lower() for name in new_headers}
    others = tuple(pair for pair in answer.headers if pair[0].lower() not in names)
    added = tuple((name, str(value)) for name, value in new_headers.items() if value is not None)
    answer = replace(answer, headers=(*others, *added), status=row.get("status", answer.status))
    if isinstance(answer, PlainAnswer) and "body" in row:
        return replace(answer, value=row["body"].encode())
    return replace(answer, value=row["value"]) if isinstance(answer, PlainAnswer) and "value" in row else answer
