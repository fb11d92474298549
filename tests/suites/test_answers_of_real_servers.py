"""What real servers answered and a check once took for more than it was: each answer, and what is said of it now."""

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


def exchange(status: int, body: Any, *, method: str = "POST", asked: Any = None) -> Exchange:
    request = Request(method, "http://h/v1/x", (), b"" if asked is None else json.dumps(asked).encode())
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
    """A proxy reads eleven megabytes and answers them."""
    still_serves(REFUSED, SERVED, SERVED, SERVED, REFUSED, SERVED, REFUSED, SERVED)


def test_a_service_that_refuses_the_next_request_is_told_whichever_it_is() -> None:
    with pytest.raises(Violation):
        still_serves(REFUSED, SERVED, REFUSED, DOWN, REFUSED, SERVED, REFUSED, SERVED)


def test_where_nothing_is_refused_nothing_follows_a_refusal() -> None:
    with pytest.raises(Inconclusive):
        still_serves(*[SERVED] * 8)


def test_a_response_that_is_had_under_another_id_was_stored_all_the_same() -> None:
    """A gateway packs the id of its upstream anew each time it tells it."""
    had = exchange(200, {**STORED, "id": "resp_b"}, method="GET")
    given = {"exchanges": (exchange(200, STORED), had)}
    load_checks()["responses.stored"](given)
    with pytest.raises(Violation, match="resp_a"):
        load_checks()["responses.stored-id"](given)


def test_a_response_that_goes_on_from_another_knew_it_under_whichever_id() -> None:
    asked = {"previous_response_id": "resp_a"}
    later = {"id": "resp_c", "previous_response_id": "resp_upstream", "output": [{"content": [{"text": "7341"}]}]}
    given = {"exchanges": (exchange(200, STORED), exchange(200, later, asked=asked))}
    load_checks()["responses.continued"](given)
    with pytest.raises(Violation, match="resp_upstream"):
        load_checks()["responses.stored-id"](given)
