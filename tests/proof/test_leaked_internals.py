"""Each kind of internal detail that a refusal may leak is leaked alone by a fault of the mock."""

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
    values = [value]
    while values:
        current = values.pop()
        if isinstance(current, bytes):
            yield current.decode()
        elif isinstance(current, str):
            yield current
        elif isinstance(current, dict):
            values += current.values()


def leaks(status: int) -> Iterator[tuple[str, frozenset[str]]]:
    """Each fault with the kinds of internal details that a refusal leaks under it."""
    for fault in faults().values():
        answer = fault.hooks.on_answer(PlainAnswer(status, json.loads(json.dumps(ENVELOPE))), RECEIVED)
        text = "\n".join(texts(answer.value)) if isinstance(answer, PlainAnswer) else ""
        kinds = [kind for kind, form in INTERNALS.items() if re.search(form, text, re.IGNORECASE | re.MULTILINE)]
        yield fault.id, frozenset(kinds)


LEAKS = dict(leaks(400))


@pytest.mark.parametrize("kind", INTERNALS)
def test_each_kind_of_internal_detail_is_leaked_alone_by_a_fault(kind: str) -> None:
    assert [fault for fault, kinds in LEAKS.items() if kinds == {kind}]
