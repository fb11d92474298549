"""A home-made gateway: each report tells its defects by cause, on one screen, in one order.

Its streams have no `[DONE]` and no usage, its finish reason is `eos`, its totals are wrong, its errors are
`{"detail": …}`, and it ignores tools.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import schemas

pytestmark = pytest.mark.slow
MOST_LINES, WIDTH = 40, 80
KEY, MODEL, TEXT = "sk-gateway-0123456789", "acme-chat", "Hello from the gateway."
CREATED = 1_764_000_000
IDS = itertools.count(1)


@contextmanager
def run_gateway() -> Iterator[str]:
    """Serves on a free port; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), GatewayHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class GatewayHandler(BaseHTTPRequestHandler):
    """Answers chat and the list of models."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""

    def do_GET(self) -> None:
        """Answers the list of models."""
        if self._refuses():
            return
        model = {"id": MODEL, "object": "model", "created": CREATED, "owned_by": "acme"}
        known = self.path == "/v1/models"
        self._send_json(*((200, {"object": "list", "data": [model]}) if known else (404, {"detail": "Not Found"})))

    def do_POST(self) -> None:
        """Answers chat."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self._refuses():
            return
        try:
            body = json.loads(raw)
        except ValueError:
            return self._send_json(422, {"detail": "There was an error parsing the body"})
        if self.path != "/v1/chat/completions":
            return self._send_json(404, {"detail": "Not Found"})
        if body.get("model") != MODEL:
            return self._send_json(404, {"detail": "Model not found"})
        if not body.get("messages"):
            return self._send_json(422, {"detail": "messages: Field required"})
        return self._send_stream() if body.get("stream") else self._send_answer()

    def _refuses(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {KEY}":
            return False
        self._send_json(401, {"detail": "Not authenticated"})
        return True

    def _send_answer(self) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "eos"}
        usage = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 10}
        self._send_json(200, {**_head("chat.completion"), "choices": [choice], "usage": usage})

    def _send_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        head = _head("chat.completion.chunk")
        pieces = [{"content": word + " "} for word in TEXT.split()]
        for delta in ({"role": "assistant", "content": ""}, *pieces, {}):
            choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "eos"}
            self.wfile.write(f"data: {json.dumps({**head, 'choices': [choice]})}\n\n".encode())
        self.close_connection = True

    def _send_json(self, status: int, data: Any) -> None:
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _head(kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{next(IDS):08d}", "object": kind, "created": CREATED, "model": MODEL}


class GatewayRun:
    """The output and the reports of a run against the gateway."""

    def __init__(self, url: str, text: str, folder: Path) -> None:
        self.url, self.text, self.folder = url, text, folder

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def failing(self) -> list[dict[str, Any]]:
        return [one for one in json.loads(self.read("report.json"))["findings"] if one["kind"] == "fails"]


@pytest.fixture(name="run", scope="module")
def _run(tmp_path_factory: pytest.TempPathFactory) -> GatewayRun:
    folder = tmp_path_factory.mktemp("gateway")
    environment = {**os.environ, "GATEWAY_KEY": KEY, "COLUMNS": str(WIDTH)}
    with run_gateway() as url:
        options = ["--endpoint", url, "--model", MODEL, "--key-env", "GATEWAY_KEY", "--report-dir", "reports"]
        command = [sys.executable, "-m", "wireproof", "check", *options]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    return GatewayRun(url, done.stdout, folder / "reports")


def test_the_terminal_ends_with_one_screen(run: GatewayRun) -> None:
    lines = run.text.splitlines()
    end = lines[next(at for at, line in enumerate(lines) if line.strip("= ") == "wireproof") :]
    assert len(end) <= MOST_LINES
    assert max(map(len, end)) <= WIDTH
    text = "\n".join(end)
    for told in (
        run.url,
        "causes",
        "fail the run",
        "stream.done",
        "promises",
        "report.html",
        "wireproof check",
        "--lf",
    ):
        assert told in text
    assert KEY not in run.text


def test_each_defect_is_one_of_a_dozen_causes(run: GatewayRun) -> None:
    report = json.loads(run.read("report.json"))
    schemas.check_format(report, "report", "report.json")
    assert 8 <= len(run.failing) <= 16
    positions = [at for one in run.failing for at in one["positions"]]
    assert set(report["gating"]) <= set(positions)
    assert len(positions) == len(set(positions))
    first = run.failing[0]
    assert (first["checks"], first["contracts"]) == (["stream.done"], ["wire", "openai"])


def test_every_report_has_the_causes_in_one_order(run: GatewayRun) -> None:
    leading = [one["checks"][0] for one in run.failing]
    (sarif,) = json.loads(run.read("report.sarif"))["runs"]
    assert [result["ruleId"] for result in sarif["results"]] == leading
    shown = run.read("annotations.txt").splitlines()
    assert len(shown) == min(10, len(leading))
    for check, line in zip(leading, shown, strict=False):
        assert line.startswith("::error title=openai%3A ")
        assert check in line
    markdown = run.read("summary.md")
    assert [line.split("`")[1] for line in markdown.splitlines() if line.startswith("- **fails**")] == leading
    page = run.read("report.html")
    assert page.index(run.url) < page.index('id="causes-title"') < page.index('id="matrix-title"')


def test_a_failure_in_junit_has_its_clauses_and_how_to_repeat_and_fix_it(run: GatewayRun) -> None:
    failures = [one.text or "" for one in ET.fromstring(run.read("junit.xml")).iter("failure")]
    assert len(failures) == len(json.loads(run.read("report.json"))["gating"])
    for text in failures:
        for told in ("clause ", "repeat ", "curl ", "how to fix ", "wireproof explain "):
            assert told in text
