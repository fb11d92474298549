"""Faults derived from a clause's place: one member dropped, null, of another type, or out of its range."""

from __future__ import annotations

from wireproof.mock.faults.answer_places import PLACES
from wireproof.mock.faults.fault import Fault, fault
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.json_edits import DERIVED
from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest

MARK = "at:"
SHAPES = {"response": "answer", "chunk": "chunks", "event": "chunks", "request": "answer"}
SAYS = {
    "drop": "is left out",
    "null": "is null",
    "retype": "is of another type",
    "other": "has another value",
    "negative": "is negative",
    "empty": "is empty",
    "alien": "is a list of lists where nothing stood",
}


def derived(pointer: str, op: str, shape: str = "") -> Fault:
    """The fault that commits one operation at one place, of one shape or of any answer."""
    if op not in DERIVED:
        raise ValueError(f"{op!r} is no operation; there are {', '.join(DERIVED)}")
    endpoint, _, kind = shape.partition(".")
    place = PLACES["error" if shape == "error" else SHAPES.get(kind, "either")]
    edit = DERIVED[op](pointer)

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return place(answer, edit)

    where = "*" if shape in ("", "error") else endpoint
    row = {"says": f"{pointer} {SAYS[op]}.", "endpoints": where}
    return fault(f"{MARK}{shape}{pointer}:{op}", row, Lapse(say=say))


def from_id(fault_id: str) -> Fault | None:
    """The derived fault that an id such as `at:chat.response/usage:drop` names."""
    named, _, op = fault_id.removeprefix(MARK).rpartition(":")
    shape, slash, rest = named.partition("/")
    if not fault_id.startswith(MARK) or op not in DERIVED or not slash:
        return None
    return derived(f"/{rest}", op, shape)
