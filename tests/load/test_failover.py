"""Failover: outages are found in the records, and wrong health pages are detected."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.load.experiments.failover import failover_report
from wireproof.load.experiments.failover.health_polls import HealthPolls, find_health_page
from wireproof.load.experiments.failover.outages import (
    ClientRequest,
    Poll,
    false_alarm_seconds,
    find_outages,
    request_from_record,
)
from wireproof.load.results.failover_words import failover_holds

pytestmark = pytest.mark.slow

WITHIN = 2.0


def requests(down: tuple[float, float], every: float = 0.1, until: float = 20.0) -> list[ClientRequest]:
    """Requests at regular intervals, of which those sent while the cell is down fail."""
    moments = [number * every for number in range(round(until / every))]
    return [
        ClientRequest(at, at + 0.02, down[0] <= at < down[1], "refused 503" if down[0] <= at < down[1] else "ok")
        for at in moments
    ]


def polls(ill: tuple[float, float], every: float = 0.1, until: float = 20.0) -> list[Poll]:
    return [Poll(number * every, "h", not ill[0] <= number * every < ill[1]) for number in range(round(until / every))]


def report(seen: list[ClientRequest], health: list[Poll]) -> dict[str, Any]:
    found = find_outages(seen, health)
    data = failover_report.failover_to_json(
        "s", 0.0, found, false_alarm_seconds(found, health, WITHIN), WITHIN, len(seen)
    )
    schemas.check_format(data, "failover", "a failover")
    return data


def test_an_outage_lasts_from_the_first_failure_to_the_last() -> None:
    data = report(requests((5, 10)), polls((5.3, 10.4)))

    (one,) = data["outages"]
    assert (one["began_s"], one["failed"], one["failures"]) == (5.0, 50, {"refused 503": 50})
    assert one["ended_s"] == pytest.approx(9.92)
    assert one["recovered_s"] == pytest.approx(0.1)
    assert one["told_s"] == pytest.approx(0.3)
    assert one["cleared_s"] == pytest.approx(0.48)
    assert one["truthful"] is True
    assert failover_holds(data)


@pytest.mark.parametrize(
    ("ill", "what"),
    [
        ((99, 99), "never unhealthy"),
        ((8, 10), "unhealthy after 3.00 s"),
        ((5, 15), "after the end"),
        ((5, 99), "never healthy again"),
    ],
)
def test_a_health_page_that_misses_an_outage_or_reports_it_late_is_wrong(ill: tuple[float, float], what: str) -> None:
    data = report(requests((5, 10)), polls(ill))

    assert data["outages"][0]["truthful"] is False
    assert not failover_holds(data)
    assert what in failover_report.failover_to_text(data)


def test_an_unhealthy_page_without_failures_is_a_false_alarm() -> None:
    data = report(requests((99, 99)), polls((5, 10)))

    assert data["outages"] == []
    assert data["health"]["false_alarm_s"] == pytest.approx(5.0)
    assert not failover_holds(data)


def test_an_outage_without_end_is_reported() -> None:
    data = report(requests((15, 99)), polls((15, 99)))

    assert data["outages"][0]["recovered_s"] is None
    assert not failover_holds(data)
    assert "no ok response afterwards" in failover_report.failover_to_text(data)


def test_failures_far_apart_are_separate_outages() -> None:
    seen = [
        one if not 7 <= one.sent_s < 9 else ClientRequest(one.sent_s, one.ended_s, failed=False, what="ok")
        for one in requests((5, 12))
    ]

    assert [round(one.began_s) for one in find_outages(seen, [])] == [5, 9]


def test_a_short_outage_may_be_missed_by_the_health_page() -> None:
    assert report(requests((5, 6)), polls((99, 99)))["outages"][0]["truthful"] is True


def test_ok_requests_during_an_outage_are_counted() -> None:
    other = [
        ClientRequest(one.sent_s + 0.05, one.ended_s + 0.05, failed=False, what="ok") for one in requests((99, 99))
    ]
    (one,) = find_outages([*requests((5, 10)), *other], [])

    assert (one.failed, one.served) == (50, 49)


@pytest.mark.parametrize(
    ("outcome", "status", "failed"),
    [
        ("ok", 200, False),
        ("refused", 503, True),
        ("refused", 400, False),
        ("throttled", 429, False),
        ("cut", 200, True),
        ("unreachable", 0, True),
    ],
)
def test_outcomes_that_count_as_failures(outcome: str, status: int, *, failed: bool) -> None:
    line = {"outcome": outcome, "status": status, "sent_ms": 500, "ended_ms": 700, "retry_after_s": None}
    seen = request_from_record(line, 100.0)

    assert seen is not None
    assert (seen.sent_s, seen.ended_s, seen.failed) == (100.5, 100.7, failed)
    assert request_from_record({**line, "outcome": "left"}, 0.0) is None


class Page(BaseHTTPRequestHandler):
    """A health page that is healthy in three responses and unhealthy afterwards."""

    authorizations: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.authorizations.append(self.headers["Authorization"])
        status = "ok" if len(self.authorizations) <= 3 else "degraded"
        body = json.dumps({"status": status, "cells": 2}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(name="page")
def _page() -> Iterator[str]:
    Page.authorizations.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/health"
        server.shutdown()


def test_a_health_page_is_compared_with_its_first_response(page: str) -> None:
    seen = threading.Event()
    with HealthPolls({"h": page}, {"Authorization": "Bearer k"}, 0.001) as health:
        while len(health.polls) < 6:
            seen.wait(0.001)

    assert [poll.up for poll in health.polls[:6]] == [True, True, False, False, False, False]
    assert set(Page.authorizations) == {"Bearer k"}
    assert not health.unwell_hosts


def test_a_health_page_that_does_not_answer_is_unwell() -> None:
    with HealthPolls({"h": "http://127.0.0.1:9/health"}, {}, 0.001) as health:
        assert health.unwell_hosts == ["h"]


def test_an_outage_of_a_cell_is_seen_by_clients_and_health_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "failover.json"
    # The delay of the health page depends on the machine, so --within is large.
    code = main.main(["failover", "--within", "30", "--json", "--write", str(file)])
    data = json.loads(capsys.readouterr().out)

    schemas.check_format(data, "failover", str(file))
    assert data == json.loads(file.read_text())
    assert data["outages"]
    assert set().union(*(one["failures"] for one in data["outages"])) == {"refused 503"}
    assert all(one["served"] for one in data["outages"])
    assert any(one["told_s"] is not None for one in data["outages"])
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no-such"], "no-such"),
        (["--provider", "nobody"], "nobody"),
        (
            ["--host", "http://127.0.0.1:9/v1"],
            "no health page answers before the run: http://127.0.0.1:9/v1/health did not answer",
        ),
    ],
)
def test_a_configuration_error_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main.main(["failover", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_health_page_beside_the_base_url_is_found_and_one_that_is_no_json_is_healthy() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        page, tried = find_health_page([f"{root}/v1/health", f"{root}/health"], {})
        assert (page, tried) == (f"{root}/health", [f"{root}/v1/health answered with 404"])
        assert find_health_page([f"{root}/no"], {}) == (None, [f"{root}/no answered with 404"])
        with HealthPolls({root: page}, {}, 0.01) as health:
            assert health.unwell_hosts == []
        server.shutdown()
