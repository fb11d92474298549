"""Load runs against a rate limit: figures of several processes add up, and users respect Retry-After."""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from time import time
from typing import Any

import pytest

from wireproof.load.pages.load_markdown import load_markdown
from wireproof.load.pages.load_page import load_page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Serve = Run = Any
# Users, and the token bucket of the cell "limited": requests per second and burst.
USERS, LIMIT, BURST = 8, 6, 6
CLOSED = ("-u", str(USERS), "--max-requests", "36", "--jitter", "0", "-t", "60s", "--seed", "3")
HELD_OFF = (429, 503)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_limiter(summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """Asserts that a summary's figures about the limit equal those of the raw records of all processes."""
    told, held_off = summary["limiter"], [record for record in records if record["status"] in HELD_OFF]
    waits = [record["retry_after_s"] for record in held_off if record["retry_after_s"] is not None]
    assert told["held_off"] == summary["all"]["outcomes"]["throttled"] == len(held_off) > 0
    assert told["retry_after_s"]["n"] == len(waits)
    assert (told["retry_after_s"]["min"], told["retry_after_s"]["max"]) == (min(waits), max(waits))
    assert told["retry_after_s"]["mean"] == pytest.approx(sum(waits) / len(waits))
    assert told["waited_s"] == pytest.approx(sum(max(1.0, wait) for wait in waits))
    # A request follows each wait, except for waits at the end of the run.
    assert len(waits) - summary["users"] <= sum(told["after_the_wait"].values()) <= len(waits)
    # Refusals are judged too, and each answer is counted at its concurrency.
    judged = summary["conformance"]
    assert judged["judged"] == judged["conformant"] == len(records)
    assert sum(row["judged"] for row in judged["by_concurrency"]) == len(records)
    slices = summary["timeline"]["slices"]
    counted = sum(n for one in slices for key, n in one["counts"].items() if key.endswith("/throttled"))
    assert counted == len(held_off)


def most_in_a_second(moments: Sequence[float]) -> int:
    """The largest number of times (in milliseconds) within one second."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, moment + 1000) - place for place, moment in enumerate(ordered))


@pytest.mark.parametrize("words", [pytest.param((), id="alone"), pytest.param(("--processes", "2"), id="two")])
def test_limit_figures_of_processes_add_up(serve: Serve, load: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    raw = tmp_path / "records.jsonl"
    with serve("limited") as cell:
        ended = load("chat", *CLOSED, *words, "--records", str(raw), at=cell)
        truth = cell.told()["counts"]
    summary, records = ended.summary, rows(raw)
    check_limiter(summary, records)
    assert summary["limiter"]["held_off"] == truth["throttled"]
    assert summary["limiter"]["after_the_wait"]["let_in"] > 0
    assert f"limiter: {truth['throttled']} requests were held off" in ended.output
    assert all(" requests were held off" in told for told in (load_page(summary), load_markdown(summary)))
    # No user is refused twice within a second, and the bucket refills while all users wait.
    assert most_in_a_second([one["sent_ms"] for one in records if one["status"] in HELD_OFF]) <= USERS
    assert most_in_a_second([one["sent_ms"] for one in records]) <= BURST + LIMIT + USERS
    # What is saved up, and the first refusal of each, come at once.
    assert len(records) <= BURST + USERS + (LIMIT + USERS) * summary["window_s"]


def test_limit_figures_of_a_master_and_three_workers_equal_their_records(
    serve: Serve, started: Run, port: str, tmp_path: Path
) -> None:
    raw, file = tmp_path / "records.jsonl", tmp_path / "summary.json"
    with ExitStack() as stack:
        cell = stack.enter_context(serve("limited"))
        workers = [stack.enter_context(started("chat", "--worker", "--master-port", port)) for _ in range(3)]
        master = stack.enter_context(
            started("chat", *CLOSED, "--master", "--master-bind-port", port, "--expect-workers", "3", "--host",
                    cell.url, "--own-cells", "--records", str(raw), "--summary", str(file), "--only-summary")
        )  # fmt: skip
        told, _ = master.communicate(timeout=100)
        for worker in workers:
            worker.communicate(timeout=60)
        truth = cell.told()["counts"]
    summary, records = json.loads(file.read_text()), rows(raw)
    check_limiter(summary, records)
    assert summary["workers"] == {"count": 3, "lost": []}
    assert {record["process"] for record in records if record["status"] in HELD_OFF} == {0, 1, 2}
    assert summary["limiter"]["held_off"] == truth["throttled"], told


# Values of Retry-After, in order, and the seconds in which no request may follow.
TELLS = {"date": 1.9, "1.5": 1.5, "0": 1.0, "1795291100": 1.0, "soon": 1.0}


@contextmanager
def refusing(tells: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """Starts a server that refuses every request with the next Retry-After; yields its URL and the arrival times."""
    asked: list[float] = []

    class Refuses(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = tells[len(asked) % len(tells)]
            asked.append(time())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503)
            self.send_header("Retry-After", formatdate(asked[-1] + 3, usegmt=True) if told == "date" else told)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_users_wait_for_retry_after_and_at_least_a_second(load: Run) -> None:
    """Values: a date three seconds ahead, a fraction, zero, Unix seconds, and a word."""
    run = ("-u", "1", "--max-requests", str(len(TELLS) + 1), "--jitter", "0", "-t", "60s")
    with refusing(list(TELLS)) as (url, asked):
        ended = load("chat", "--host", url, "--model", "m", *run)
    waited = [after - before for before, after in pairwise(asked)]
    assert all(wait >= least for wait, least in zip(waited, TELLS.values(), strict=True)), waited
    found = ended.summary["limiter"]
    # The sixth refusal has the date again.
    assert (found["held_off"], found["retry_after_s"]["n"]) == (6, 4)
    assert found["after_the_wait"] == {"let_in": 0, "refused": 3}
