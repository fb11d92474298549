"""Generated requests of wireproof and schemathesis on one mock, with one budget and one injected fault at a time.

A tool has found a fault if it reports a request that the fault-free mock answers differently. False alarms and failures
that occur without the fault do not count.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from benchmarks.openapi_document import document
from wireproof.contract import loading
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.dry_run import DRY_RUN_TIME, DryRun
from wireproof.mock.faults import faults
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import Server, serve_in_thread

PROVIDER = "openai"
# Faults for generated requests that a single request to chat can reach.
FAULTS = (
    "astral-crashes",
    "n-zero-hangs",
    "temperature-a-tenth-over",
    "deep-nesting-kills",
    "path-leaked",
    "unicode-folded",
    "lone-emoji-tool-crashes",
    "highest-temperature-refused",
)
TIERS = {"per_minute": 10**9, "tokens_per_minute": 10**12, "per_month": 10**9, "models": "all"}
OURS = "chat or deep-nesting"
KEY = "BENCHMARK_KEY"
Run = Callable[[Server, str | None, Path], tuple[HttpRequest, ...]]


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One run of a tool.

    Attributes:
        requests: requests that the mock received.
        counted: requests within the budget.
        wall_s, cpu_s: wall and CPU seconds.
        reported: requests within the budget that the tool reports as failures.
    """

    requests: int
    counted: int
    wall_s: float
    cpu_s: float
    reported: tuple[HttpRequest, ...]


def main(arguments: Sequence[str]) -> int:
    """Runs each tool without a fault and with each fault, and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks generated")
    parser.add_argument("--schemathesis", metavar="ST", help="path of the schemathesis command `st` (default: not run)")
    parser.add_argument("--examples", type=int, default=40, help="requests per family of wireproof (default: 40)")
    parser.add_argument("--requests", type=int, default=600, help="requests of a run that count (default: 600)")
    parser.add_argument(
        "--seconds", type=int, default=120, help="time limit of a schemathesis run, in seconds (default: 120)"
    )
    parser.add_argument("--fault", action="append", help="inject only this fault (repeatable; default: all)")
    options = parser.parse_args(arguments)
    tools: dict[str, Run] = {
        "wireproof": lambda server, fault, folder: run_wireproof(server, fault, folder, options.examples),
    }
    if options.schemathesis:
        tools["schemathesis"] = lambda server, fault, folder: run_schemathesis(
            server, fault, folder, options.schemathesis, options.seconds
        )
    # Loads the catalogue of faults before any tool is measured.
    faults()
    for name, run in tools.items():
        _print_table(name, run, options.fault or FAULTS, options.requests)
    return 0


def _print_table(name: str, run: Run, chosen: Sequence[str], budget: int) -> None:
    plain = measure_run(run, None, budget)
    print(f"\n{name}: {plain.requests} requests in {plain.wall_s:.1f} s and {plain.cpu_s:.1f} CPU s")
    print(f"{plain.requests / plain.wall_s:.0f} a second, {plain.requests / plain.cpu_s:.0f} a CPU second;")
    print(f"{len(plain.reported)} requests reported on the fault-free mock", flush=True)
    found = sent = 0
    for fault in chosen:
        measured = measure_run(run, fault, budget)
        hit = any(_answers(request, fault) != _answers(request, None) for request in measured.reported)
        found, sent = found + hit, sent + measured.counted
        print(
            f"  {fault:<28} {'found' if hit else '-':<6}"
            f" {measured.counted:>5} of {measured.requests:>5} requests count, {measured.wall_s:>6.1f} s",
            flush=True,
        )
    print(f"  {found} of {len(chosen)} in {sent} requests: {100 * found / sent:.2f} faults in 100 requests", flush=True)


def measure_run(run: Run, fault: str | None, budget: int) -> MeasuredRun:
    """Measures one run on a fresh mock; the first `budget` requests that the mock receives count."""
    with _mock() as server, tempfile.TemporaryDirectory() as folder:
        handle, log = server.core.handle, list[tuple[str, bytes]]()

        def handle_and_log(received: HttpRequest) -> Any:
            log.append((received.path, received.body))
            return handle(received)

        server.core.handle = handle_and_log  # type: ignore[method-assign]
        began, cpu_before = time.perf_counter(), _cpu_s()
        reported = run(server, fault, Path(folder))
        wall_s, cpu_s, within = time.perf_counter() - began, _cpu_s() - cpu_before, set(log[:budget])
        reported = tuple(request for request in reported if (request.path, request.body) in within)
        return MeasuredRun(len(log), min(len(log), budget), wall_s, cpu_s, reported)


def _cpu_s() -> float:
    """CPU seconds of all ended subprocesses; the mock is not included, as it is a thread of this process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _mock() -> Iterator[Server]:
    with serve_in_thread(_providers(), control=True) as server:
        yield server


def _providers() -> dict[str, Any]:
    """The provider's entry with limits that are never reached."""
    entry = loading.read_providers_data()[PROVIDER]
    tiers = dict.fromkeys(entry["rate"]["tiers"], TIERS)
    return {PROVIDER: {**entry, "rate": {**entry["rate"], "tiers": tiers}}}


def run_wireproof(server: Server, fault: str | None, folder: Path, examples: int) -> tuple[HttpRequest, ...]:
    """Runs wireproof's families of chat and of broken bodies; returns the requests of those that fail."""
    command = [
        sys.executable,
        "-m",
        "wireproof",
        "check",
        "--provider",
        PROVIDER,
        "--endpoint",
        server.base_url(PROVIDER),
    ]
    command += ["--key-env", KEY, "--profile", "all", "--examples", str(examples), "-m", "generated", "-k", OURS]
    command += ["--deadline", "first-byte=3", "--report-dir", str(folder)]
    command += [] if fault is None else ["--header", f"{FAULT_HEADER}: {fault}"]
    subprocess.run(command, env={**os.environ, KEY: server.key(PROVIDER)}, stdout=subprocess.DEVNULL, check=False)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    failed = {verdict["case"] for verdict in report["verdicts"] if verdict["outcome"] == "fail"}
    return tuple(_requests_in_ledger(folder, failed))


def _requests_in_ledger(folder: Path, failed: set[str]) -> Iterator[HttpRequest]:
    """Yields all requests of the failed families; the report has only the smallest of each."""
    for line in (folder / "ledger.jsonl").read_bytes().splitlines():
        fact = json.loads(line)
        if fact.get("kind") == "exchange" and fact["case"].partition("#")[0] in failed:
            request = exchange_from_json(fact).request
            yield _http_request(request.method, request.url, request.body_with_blanks, request.header("Content-Type"))


def run_schemathesis(
    server: Server, fault: str | None, folder: Path, command: str, seconds: int
) -> tuple[HttpRequest, ...]:
    """Runs all checks of schemathesis on the chat operation with the same schemas; returns the reported requests."""
    api = document(loading.load_providers()[PROVIDER], server.base_url(PROVIDER))
    api["paths"] = {path: operation for path, operation in api["paths"].items() if path == "/chat/completions"}
    (folder / "openapi.json").write_text(json.dumps(api), encoding="utf-8")
    words = [command, "run", "openapi.json", "-u", server.base_url(PROVIDER), "--seed", "1", "--no-shrink"]
    words += ["-H", f"Authorization: Bearer {server.key(PROVIDER)}", "--continue-on-failure", "--request-timeout", "1"]
    words += ["--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--warnings", "off"]
    words += ["--report", "vcr", "--report-vcr-path", "cassette.yaml", "--report-preserve-bytes"]
    words += [] if fault is None else ["-H", f"{FAULT_HEADER}: {fault}"]
    subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    text = (folder / "cassette.yaml").read_text(encoding="utf-8")
    interactions = yaml.load(text, Loader=yaml.CSafeLoader)["http_interactions"]
    reported = (row["request"] for row in interactions if row["status"] in ("FAILURE", "ERROR"))
    return tuple(map(_request_in_cassette, reported))


def _request_in_cassette(request: Mapping[str, Any]) -> HttpRequest:
    encoded = (request.get("body") or {}).get("base64_string", "")
    # The cassette has some bodies as plain text instead of base64.
    body = base64.b64decode(encoded) if encoded.isascii() else encoded.encode("utf-8", "surrogatepass")
    return _http_request(request["method"], request["uri"], body)


def _http_request(method: str, url: str, body: bytes, content_type: str | None = "application/json") -> HttpRequest:
    key = f"Bearer {loading.read_providers_data()[PROVIDER]['auth'].get('key_prefix', '')}mock-standard"
    headers = (("authorization", key), *([("content-type", content_type)] if content_type else []))
    return HttpRequest(method, urlsplit(url).path, "", headers, body, DRY_RUN_TIME)


def _answers(request: HttpRequest, fault: str | None) -> tuple[Any, ...]:
    """The mock's answers to a request and to a valid request after it, with a fault or without."""
    dry_run = DryRun(_providers())
    valid = json.dumps({"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "hi"}]}).encode()
    following = HttpRequest("POST", request.path, "", request.headers, valid, DRY_RUN_TIME)
    return dry_run.wire_ops([request, following], fault)
