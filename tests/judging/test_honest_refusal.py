"""Honest refusals, by status, body and state of the connection."""

from __future__ import annotations

import pytest

from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure
from wireproof.judging.honest_refusal import is_honest_refusal

CUT = TransportFailure("closed", "the peer left")


@pytest.mark.parametrize(
    ("status", "body", "broken", "honest"),
    [
        pytest.param(404, b"", None, True, id="no-such-endpoint"),
        pytest.param(404, b"", CUT, False, id="no-such-endpoint-and-cut"),
        pytest.param(None, b"", CUT, False, id="no-answer"),
        pytest.param(400, b'{"error": {}}', None, True, id="with-json"),
        pytest.param(400, b'{"error": {}}', CUT, False, id="with-json-and-cut"),
        pytest.param(400, b"[]", None, False, id="with-a-list"),
        pytest.param(400, b"<html>", None, False, id="with-html"),
        pytest.param(401, b"{}", None, False, id="for-the-key"),
        pytest.param(500, b"{}", None, False, id="failed"),
    ],
)
def test_what_is_an_honest_refusal(
    status: int | None, body: bytes, broken: TransportFailure | None, honest: bool
) -> None:
    answered = Exchange(
        "t", "c", "chat", 0, Request("POST", "http://h/"), status=status, reads=(BodyRead(0, body),), broken=broken
    )
    assert is_honest_refusal(answered) is honest
