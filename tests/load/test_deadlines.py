"""Deadlines of load runs, against servers that pause or take too long."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("latency", "deadline"),
    [
        pytest.param("steady", "idle=0.03", id="silent-inside-the-body"),
        pytest.param("steady", "total=0.3", id="too-long-as-a-whole"),
    ],
)
def test_a_deadline_that_passes_is_a_timeout_and_no_latency(serve: Any, load: Any, latency: str, deadline: str) -> None:
    """The cell sends the headers at once, pauses for 50 ms and then sends for more than 600 ms."""
    with serve(latency) as cell:
        run = ("-u", "1", "--max-requests", "3", "--jitter", "0", "-t", "60s", "--deadline", deadline)
        ended = load("Stream", *run, at=cell)
    assert ended.one["outcomes"] == {"timeout": 3}
    assert "TTFT ms" not in ended.one["metrics"]


def test_a_stream_longer_than_the_idle_deadline_is_read_to_its_end(serve: Any, load: Any) -> None:
    """Each pause is far shorter than the deadline; the whole stream is longer."""
    with serve("steady") as cell:
        run = ("-u", "1", "--max-requests", "3", "--jitter", "0", "-t", "60s", "--deadline", "idle=0.4")
        assert load("Stream", *run, at=cell).one["outcomes"] == {"ok": 3}
