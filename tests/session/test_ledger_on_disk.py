"""The ledger on the disk while a run sends requests, read by the server that receives them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from wireproof.contract import loading, target_options
from wireproof.evidence.ledger_reader import read_ledger
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import read_exchanges
from wireproof.session.ledger_recorder import LedgerRecorder, ledger_header
from wireproof.session.rejudge import rejudge
from wireproof.session.target_run import TargetRun, open_target_run

# A lower maximum than that of a run, so that the test is fast.
MAX_BODY_BYTES = 1024 * 1024
WANTED = ["models-list", "chat-basic"]


@contextmanager
def serving(ledger: Path, seen: list[tuple[str, bytes]], *, longest: int = 0) -> Iterator[str]:
    """Runs an API that records the bytes of the ledger at each request; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.path, ledger.read_bytes()))
            entry = {"id": "m", "object": "model", "created": 1, "owned_by": "o" * longest}
            body = json.dumps({"object": "list", "data": [entry]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the client closes after the bytes that it records

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def run_on(url: str, file: Path) -> tuple[TargetRun, Ledger]:
    """The run of a live target with its evidence in this file."""
    (target,) = target_options.build_targets(
        target_options.TargetOptions({"endpoint": url, "model": ["m"]}), {"OPENAI_API_KEY": "sk-0123456789"}
    )
    target_run = open_target_run(target, loading.load_providers(), load_checks())
    ledger = Ledger(Redactor.from_secrets(target.secrets), durable=True)
    ledger.open(file, ledger_header("0", "r", "2026-01-01T00:00:00+00:00", True, [(target, 0)]))
    asyncio.run(target_run.send_cases(WANTED, LedgerRecorder(ledger, target.name)))
    return target_run, ledger


def finish(ledger: Ledger) -> None:
    ledger.write_footer(0, 0, 0)
    ledger.close()


def test_the_intent_of_a_request_is_written_before_the_request_arrives(tmp_path: Path) -> None:
    file, seen = tmp_path / "ledger.jsonl", list[tuple[str, bytes]]()
    with serving(file, seen) as url:
        finish(run_on(url, file)[1])
    assert {path for path, _ in seen} == {"/v1/models", "/v1/chat/completions"}
    for path, ledger in seen:
        intents = [fact for fact in map(json.loads, ledger.splitlines()) if fact["kind"] == "intent"]
        assert intents[-1]["case"] == ("models-list" if path == "/v1/models" else "chat-basic")


def test_every_line_of_a_live_target_is_synced_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, seen, synced, sync = tmp_path / "ledger.jsonl", list[tuple[str, bytes]](), list[int](), os.fsync

    def record_sync(descriptor: int) -> None:
        sync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr("os.fsync", record_sync)
    with serving(file, seen) as url:
        finish(run_on(url, file)[1])
    lines = file.read_bytes().splitlines(keepends=True)
    ends = [sum(map(len, lines[: at + 1])) for at in range(len(lines))]
    # The header is synced with the first intent.
    assert set(ends[1:]) <= set(synced)
    for _, ledger in seen:
        assert len(ledger) in synced, "the intent was on the disk when the request arrived"


def test_a_body_above_the_maximum_is_recorded_and_judged_as_truncated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wireproof.client.http_client.MAX_BODY_BYTES", MAX_BODY_BYTES)
    file, seen = tmp_path / "ledger.jsonl", list[tuple[str, bytes]]()
    with serving(file, seen, longest=MAX_BODY_BYTES + 1) as url:
        target_run, ledger = run_on(url, file)
        finish(ledger)
    fresh = [
        target_run.judge(entry) for entry in target_run.entries if {case for _, case in entry.cases} == {"models-list"}
    ]
    run, stored = rejudge(file)
    again = {(v.provider, v.check, v.case): v for v in run.verdicts}
    assert all(again[v.provider, v.check, v.case] == v for v in fresh), (
        "live and stored evidence give the same verdicts"
    )
    assert stored.cut is None

    (fact,) = [fact for _, fact in read_exchanges(file) if fact["case"] == "models-list"]
    assert fact["truncated"] is True
    assert 0 < sum(len(data) for _, data in fact["reads"]) <= MAX_BODY_BYTES
    (account,) = [one for (_, _, case), one in read_ledger(file).accounts.items() if case == "models-list"]
    assert account.exchanges[0].truncated

    outcomes = {verdict.check: verdict for verdict in fresh}
    for check in ("models.lists", "wire.complete", "wire.length", "wire.content-type"):
        assert outcome_of(outcomes[check]) == ("inconclusive", "only the beginning of the body was recorded")
    assert outcomes["wire.http"].outcome == "pass", "the head was not truncated"


def outcome_of(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome, verdict.message
