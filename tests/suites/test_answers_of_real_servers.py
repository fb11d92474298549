"""Answers of real servers that a check once misjudged, and the right verdict on each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.judging.check import Inconclusive, Violation
from wireproof.judging.suite_loader import load_checks

CASES = loading.load_cases()
STORED = {"id": "resp_a", "object": "response", "output": [{"content": [{"text": "ok"}]}]}


def exchange(status: int, body: Any, *, method: str = "POST", request_body: Any = None) -> Exchange:
    request = Request(method, "http://h/v1/x", (), b"" if request_body is None else json.dumps(request_body).encode())
    read = BodyRead(1, body.encode() if isinstance(body, str) else json.dumps(body).encode())
    return Exchange(
        "t", "c", "chat", 0, request, status, headers=((b"content-type", b"application/json"),), reads=(read,)
    )


REFUSED, SERVED = exchange(400, {"error": {"message": "No."}}), exchange(200, {"choices": []})
DOWN = exchange(403, {"error": {"message": "Go away."}})


def still_serves(*exchanges: Exchange) -> None:
    case = CASES["errors-abused-then-good"]
    load_checks()["errors.still-serves-next"]({"exchanges": exchanges, "case": case})


def test_a_broken_request_that_is_answered_is_no_service_that_is_gone() -> None:
    """A proxy that reads eleven megabytes and answers them still serves."""
    still_serves(REFUSED, SERVED, SERVED, SERVED, REFUSED, SERVED, REFUSED, SERVED)


def test_a_service_that_refuses_the_next_request_is_told_whichever_it_is() -> None:
    with pytest.raises(Violation):
        still_serves(REFUSED, SERVED, REFUSED, DOWN, REFUSED, SERVED, REFUSED, SERVED)


def test_where_nothing_is_refused_nothing_follows_a_refusal() -> None:
    with pytest.raises(Inconclusive):
        still_serves(*[SERVED] * 8)


def test_a_response_that_is_had_under_another_id_was_stored_all_the_same() -> None:
    """A gateway that encodes its upstream's id anew for each answer still stores the response."""
    retrieved = exchange(200, {**STORED, "id": "resp_b"}, method="GET")
    arguments = {"exchanges": (exchange(200, STORED), retrieved)}
    load_checks()["responses.stored"](arguments)
    with pytest.raises(Violation, match="resp_a"):
        load_checks()["responses.stored-id"](arguments)


def test_a_response_that_goes_on_from_another_knew_it_under_whichever_id() -> None:
    request = {"previous_response_id": "resp_a"}
    later = {"id": "resp_c", "previous_response_id": "resp_upstream", "output": [{"content": [{"text": "7341"}]}]}
    arguments = {"exchanges": (exchange(200, STORED), exchange(200, later, request_body=request))}
    load_checks()["responses.continued"](arguments)
    with pytest.raises(Violation, match="resp_upstream"):
        load_checks()["responses.stored-id"](arguments)
