"""Generated requests beside schemathesis: on one mock, with one budget, each fault committed on every request.

A contestant has found a fault where it tells of a request that the mock without the fault answers otherwise, so that
neither a false alarm counts, nor what fails in any case.
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

from benchmarks.described import document
from wireproof.contract import loading
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.dry_run import DRY_RUN_TIME, DryRun
from wireproof.mock.faults import faults
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import Server, serve_in_thread

PROVIDER = "openai"
# The faults that the issue names; each is made for generated requests and within reach of one request to chat.
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
class Took:
    """One run of a contestant: what it sent, how long it took, and of which requests that count it told."""

    requests: int
    counted: int
    wall_s: float
    cpu_s: float
    told: tuple[HttpRequest, ...]


def main(arguments: Sequence[str]) -> int:
    """Run each contestant without a fault and with each, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks generated")
    parser.add_argument("--schemathesis", metavar="ST", help="the command `st` of its own environment")
    parser.add_argument("--examples", type=int, default=40, help="requests of each of our families")
    parser.add_argument("--requests", type=int, default=600, help="the first so many of a run count, and no more")
    parser.add_argument("--seconds", type=int, default=120, help="the most time schemathesis has for one run")
    parser.add_argument("--fault", action="append", help="only this fault (repeatable)")
    chosen = parser.parse_args(arguments)
    contestants: dict[str, Run] = {
        "wireproof": lambda server, fault, folder: ours(server, fault, folder, chosen.examples),
    }
    if chosen.schemathesis:
        contestants["schemathesis"] = lambda server, fault, folder: theirs(
            server, fault, folder, chosen.schemathesis, chosen.seconds
        )
    # The catalogue is read when the first fault is asked for; no contestant shall wait for that.
    faults()
    for name, run in contestants.items():
        _table(name, run, chosen.fault or FAULTS, chosen.requests)
    return 0


def _table(name: str, run: Run, chosen: Sequence[str], most: int) -> None:
    plain = took(run, None, most)
    print(f"\n{name}: {plain.requests} requests in {plain.wall_s:.1f} s and {plain.cpu_s:.1f} CPU s")
    print(f"{plain.requests / plain.wall_s:.0f} a second, {plain.requests / plain.cpu_s:.0f} a CPU second;")
    print(f"told of {len(plain.told)} requests on the faultless mock", flush=True)
    found = sent = 0
    for fault in chosen:
        under = took(run, fault, most)
        hit = any(_answered(one, fault) != _answered(one, None) for one in under.told)
        found, sent = found + hit, sent + under.counted
        print(
            f"  {fault:<28} {'found' if hit else '-':<6} {under.counted:>5} of {under.requests:>5} requests count,"
            f" {under.wall_s:>6.1f} s",
            flush=True,
        )
    print(f"  {found} of {len(chosen)} in {sent} requests: {100 * found / sent:.2f} faults in 100 requests", flush=True)


def took(run: Run, fault: str | None, most: int) -> Took:
    """One run on a mock of its own, whose core notes what it is asked; the first so many requests count."""
    with _mock() as server, tempfile.TemporaryDirectory() as folder:
        handle, heard = server.core.handle, list[tuple[str, bytes]]()

        def noted(received: HttpRequest) -> Any:
            heard.append((received.path, received.body))
            return handle(received)

        server.core.handle = noted  # type: ignore[method-assign]
        began, busy = time.perf_counter(), _cpu_s()
        told = run(server, fault, Path(folder))
        wall_s, cpu_s, within = time.perf_counter() - began, _cpu_s() - busy, set(heard[:most])
        told = tuple(request for request in told if (request.path, request.body) in within)
        return Took(len(heard), min(len(heard), most), wall_s, cpu_s, told)


def _cpu_s() -> float:
    """Processor seconds of every process that was run and has ended; the mock is a thread of this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _mock() -> Iterator[Server]:
    with serve_in_thread(_providers(), control=True) as server:
        yield server


def _providers() -> dict[str, Any]:
    """The one profile, whose limits nobody meets."""
    entry = loading.read_providers_data()[PROVIDER]
    tiers = dict.fromkeys(entry["rate"]["tiers"], TIERS)
    return {PROVIDER: {**entry, "rate": {**entry["rate"], "tiers": tiers}}}


def ours(server: Server, fault: str | None, folder: Path, examples: int) -> tuple[HttpRequest, ...]:
    """Our families of chat and of broken bodies; what is told is in the ledger of the run."""
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
    return tuple(_of_ledger(folder, failed))


def _of_ledger(folder: Path, failed: set[str]) -> Iterator[HttpRequest]:
    """The requests of the families that failed, of which a report tells the smallest."""
    for line in (folder / "ledger.jsonl").read_bytes().splitlines():
        fact = json.loads(line)
        if fact.get("kind") == "exchange" and fact["case"].partition("#")[0] in failed:
            request = exchange_from_json(fact).request
            yield _received(request.method, request.url, request.body_with_blanks, request.header("Content-Type"))


def theirs(server: Server, fault: str | None, folder: Path, command: str, seconds: int) -> tuple[HttpRequest, ...]:
    """schemathesis on the same operation, described by the same schemas, with every check that it has."""
    described = document(loading.load_providers()[PROVIDER], server.base_url(PROVIDER))
    described["paths"] = {
        path: operation for path, operation in described["paths"].items() if path == "/chat/completions"
    }
    (folder / "openapi.json").write_text(json.dumps(described), encoding="utf-8")
    words = [command, "run", "openapi.json", "-u", server.base_url(PROVIDER), "--seed", "1", "--no-shrink"]
    words += ["-H", f"Authorization: Bearer {server.key(PROVIDER)}", "--continue-on-failure", "--request-timeout", "1"]
    words += ["--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--warnings", "off"]
    words += ["--report", "vcr", "--report-vcr-path", "told.yaml", "--report-preserve-bytes"]
    words += [] if fault is None else ["-H", f"{FAULT_HEADER}: {fault}"]
    subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    text = (folder / "told.yaml").read_text(encoding="utf-8")
    told = yaml.load(text, Loader=yaml.CSafeLoader)["http_interactions"]
    return tuple(_of_cassette(one["request"]) for one in told if one["status"] in ("FAILURE", "ERROR"))


def _of_cassette(request: Mapping[str, Any]) -> HttpRequest:
    held = (request.get("body") or {}).get("base64_string", "")
    # A body that is no text of the encoding stands there as it is.
    body = base64.b64decode(held) if held.isascii() else held.encode("utf-8", "surrogatepass")
    return _received(request["method"], request["uri"], body)


def _received(method: str, url: str, body: bytes, content_type: str | None = "application/json") -> HttpRequest:
    key = f"Bearer {loading.read_providers_data()[PROVIDER]['auth'].get('key_prefix', '')}mock-standard"
    headers = (("authorization", key), *([("content-type", content_type)] if content_type else []))
    return HttpRequest(method, urlsplit(url).path, "", headers, body, DRY_RUN_TIME)


def _answered(request: HttpRequest, fault: str | None) -> tuple[Any, ...]:
    """What the mock answers to a request, and to the next one, with a fault or without."""
    rehearsal = DryRun(_providers())
    proper = json.dumps({"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "hi"}]}).encode()
    following = HttpRequest("POST", request.path, "", request.headers, proper, DRY_RUN_TIME)
    return rehearsal.wire_ops([request, following], fault)
