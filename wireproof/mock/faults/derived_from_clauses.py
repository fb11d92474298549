"""Faults derived from the place of a clause: a member is dropped, null, of another type, or out of its range."""

from __future__ import annotations

from wireproof.mock.faults.answer_places import EDITS_BY_PLACE
from wireproof.mock.faults.fault import Fault, fault_from_row
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.json_edits import EDITS_BY_OPERATION
from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest

DERIVED_PREFIX = "at:"
PLACES_BY_SHAPE = {"response": "answer", "chunk": "chunks", "event": "chunks", "request": "answer"}
SENTENCES_BY_OPERATION = {
    "drop": "is left out",
    "null": "is null",
    "retype": "is of another type",
    "other": "has another value",
    "negative": "is negative",
    "empty": "is empty",
    "alien": "is added as a list of lists",
}


def derive_fault(pointer: str, op: str, shape: str = "") -> Fault:
    """Returns the fault that applies one operation at one place, of one shape or of any answer.

    Raises ValueError if there is no such operation.
    """
    if op not in EDITS_BY_OPERATION:
        raise ValueError(f"{op!r} is no operation; there are {', '.join(EDITS_BY_OPERATION)}")
    endpoint, _, kind = shape.partition(".")
    place = EDITS_BY_PLACE["error" if shape == "error" else PLACES_BY_SHAPE.get(kind, "either")]
    edit = EDITS_BY_OPERATION[op](pointer)

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return place(answer, edit)

    endpoints = "*" if shape in ("", "error") else endpoint
    row = {"says": f"{pointer} {SENTENCES_BY_OPERATION[op]}.", "endpoints": endpoints}
    return fault_from_row(f"{DERIVED_PREFIX}{shape}{pointer}:{op}", row, FaultHooks(on_answer=change_answer))


def fault_from_id(fault_id: str) -> Fault | None:
    """Returns the derived fault that an id such as `at:chat.response/usage:drop` names; None if it names none."""
    target, _, op = fault_id.removeprefix(DERIVED_PREFIX).rpartition(":")
    shape, slash, rest = target.partition("/")
    if not fault_id.startswith(DERIVED_PREFIX) or op not in EDITS_BY_OPERATION or not slash:
        return None
    return derive_fault(f"/{rest}", op, shape)
