"""A limit that a run meets: what several processes tell of it is what one process would, and its waits are kept."""

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

ROOT = Path(__file__).parents[2]
Serve = Run = Any
# Those who ask, and the cell "limited": what it admits a second, and what it saves up.
USERS, LIMIT, BURST = 8, 6, 6
CLOSED = ("-u", str(USERS), "--max-requests", "36", "--jitter", "0", "-t", "60s", "--seed", "3")
HELD_OFF = (429, 503)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_limiter(summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """What a summary tells of a limit is what the raw records of all its processes come to."""
    told, held_off = summary["limiter"], [record for record in records if record["status"] in HELD_OFF]
    waits = [record["retry_after_s"] for record in held_off if record["retry_after_s"] is not None]
    assert told["held_off"] == summary["all"]["outcomes"]["throttled"] == len(held_off) > 0
    assert told["retry_after_s"]["n"] == len(waits)
    assert (told["retry_after_s"]["min"], told["retry_after_s"]["max"]) == (min(waits), max(waits))
    assert told["retry_after_s"]["mean"] == pytest.approx(sum(waits) / len(waits))
    assert told["waited_s"] == pytest.approx(sum(max(1.0, wait) for wait in waits))
    # Each wait has an answer after it, but for those in which the run ended.
    assert len(waits) - summary["users"] <= sum(told["after_the_wait"].values()) <= len(waits)
    # Refusals are judged too, and all who were under way in some process are told.
    judged = summary["conformance"]
    assert judged["judged"] == judged["conformant"] == len(records)
    assert sum(row["judged"] for row in judged["by_concurrency"]) == len(records)
    slices = summary["timeline"]["slices"]
    counted = sum(n for one in slices for key, n in one["counts"].items() if key.endswith("/throttled"))
    assert counted == len(held_off)


def most_in_a_second(moments: Sequence[float]) -> int:
    """How many lie within any one second, in milliseconds."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, moment + 1000) - place for place, moment in enumerate(ordered))


@pytest.mark.parametrize("words", [pytest.param((), id="alone"), pytest.param(("--processes", "2"), id="two")])
def test_processes_tell_of_a_limit_what_one_process_tells(
    serve: Serve, load: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
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
    # Nobody is sent away twice within a second, and while all of them wait the bucket fills.
    assert most_in_a_second([one["sent_ms"] for one in records if one["status"] in HELD_OFF]) <= USERS
    assert most_in_a_second([one["sent_ms"] for one in records]) <= BURST + LIMIT + USERS
    # What is saved up, and the first refusal of each, come at once.
    assert len(records) <= BURST + USERS + (LIMIT + USERS) * summary["window_s"]


def test_a_master_and_three_workers_tell_of_a_limit_what_their_records_tell(
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


# What a limiter tells, in turn, and the seconds in which nobody may ask again.
TELLS = {"date": 1.9, "1.5": 1.5, "0": 1.0, "1795291100": 1.0, "soon": 1.0}


@contextmanager
def refusing(tells: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """A server that refuses everybody, each with the next Retry-After, and the moments at which it was asked."""
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
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_whatever_a_limiter_tells_nobody_asks_sooner_than_that_or_than_a_second(load: Run) -> None:
    """A date three seconds away, a fraction, no wait, a date in Unix seconds, a word."""
    run = ("-u", "1", "--max-requests", str(len(TELLS) + 1), "--jitter", "0", "-t", "60s")
    with refusing(list(TELLS)) as (url, asked):
        ended = load("chat", "--host", url, "--model", "m", *run)
    waited = [after - before for before, after in pairwise(asked)]
    assert all(wait >= least for wait, least in zip(waited, TELLS.values(), strict=True)), waited
    found = ended.summary["limiter"]
    # The last one is told the date again.
    assert (found["held_off"], found["retry_after_s"]["n"]) == (6, 4)
    assert found["after_the_wait"] == {"let_in": 0, "refused": 3}
