"""Each kind of inside that a refusal may show is shown by a fault of the bundled server, by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import faults
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

INTERNALS: dict[str, str] = load_checks()["errors.no-internals"].function.__globals__["INTERNALS"]
ENVELOPE = {"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}}
RECEIVED = HttpRequest("POST", "/openai/v1/chat/completions", "", (), b"{}", 0.0)


def texts(value: object) -> Iterator[str]:
    held = [value]
    while held:
        one = held.pop()
        if isinstance(one, bytes):
            yield one.decode()
        elif isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            held += one.values()


def shown(status: int) -> Iterator[tuple[str, frozenset[str]]]:
    """Each fault that makes a refusal show something of the inside, with the kinds of it."""
    for fault in faults().values():
        answer = fault.hooks.on_answer(PlainAnswer(status, json.loads(json.dumps(ENVELOPE))), RECEIVED)
        told = "\n".join(texts(answer.value)) if isinstance(answer, PlainAnswer) else ""
        kinds = [kind for kind, form in INTERNALS.items() if re.search(form, told, re.IGNORECASE | re.MULTILINE)]
        yield fault.id, frozenset(kinds)


SHOWN = dict(shown(400))


@pytest.mark.parametrize("kind", INTERNALS)
def test_a_kind_of_inside_is_shown_by_a_fault_that_shows_no_other(kind: str) -> None:
    assert [fault for fault, kinds in SHOWN.items() if kinds == {kind}]
