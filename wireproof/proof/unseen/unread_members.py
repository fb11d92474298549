"""Faults in the reading of a request: a member is lost, read as its default, or kept for the next request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wireproof.formats import json_pointer
from wireproof.mock.faults.request_edits import on_body
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer, as_text, distinct, places
from wireproof.proof.unseen.derived_fault import AnswerKind, DerivedFault

# The most characters of a value that a label shows.
SHOWN = 60


def lost_member_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """The server answers as if a member or an element of the request had not come."""
    for pointer, _ in places(recorded.request):

        def change(body: Any, pointer: str = pointer) -> Any:
            return json_pointer.drop(body, pointer)

        yield _on_request(family, recorded, pointer, change)


def default_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """The server reads a member as the default that the contract names."""
    defaults = pool.defaults.get(recorded.kind.endpoint, {})
    for name in recorded.request if isinstance(recorded.request, dict) else ():
        if name in defaults:

            def change(body: Any, name: str = name) -> Any:
                return {**body, name: defaults[name]} if name in body else body

            yield _on_request(family, recorded, f"/{name} = {as_text(defaults[name])}", change)


def kept_member_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A request without a member is answered as if it had that of another request."""
    if not isinstance(recorded.request, dict):
        return
    bodies = [one.request for one in pool.of_endpoint(recorded.kind.endpoint) if isinstance(one.request, dict)]
    names = distinct(name for body in bodies for name in body if name not in recorded.request)
    for name in names:
        for value in distinct(body[name] for body in bodies if name in body)[:2]:

            def change(body: Any, name: str = name, value: Any = value) -> Any:
                return body if name in body else {**body, name: value}

            yield _on_request(family, recorded, f"/{name} = {as_text(value)[:SHOWN]}", change)


def _on_request(family: str, recorded: RecordedAnswer, place: str, change: Callable[[Any], Any]) -> DerivedFault:
    def attempt(body: Any) -> Any:
        try:
            return change(body)
        except (LookupError, TypeError):
            return body

    return DerivedFault(family, AnswerKind(recorded.kind.endpoint, "request"), place, on_body(attempt))
