"""Reports of load runs hide the key and terminal escapes that a server returns, whole, encoded or truncated."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from wireproof.load.results.safe_details import make_detail_redactor

ROOT = Path(__file__).parents[2]
KEY = "sk-live/4f9c+Zq81=secret"
FORMS = (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode(), KEY.encode().hex())
# Details are truncated; a prefix of the key shorter than this may stay.
BEGINNING = 6
STEERING = "\x1b[31m\x9b2J\u202e"


class Echo(BaseHTTPRequestHandler):
    """A server that returns the key in text refusals, JSON refusals, streams and answers."""

    protocol_version = "HTTP/1.1"
    admits = 4

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = f"{STEERING}{' '.join(FORMS)}"
        if self.path.startswith("/limit"):
            Echo.admits -= 1
            refusal = json.dumps({"error": {"message": said, "code": said}})
            self.answer(200 if Echo.admits >= 0 else 429, "application/json", refusal)
        elif self.path.startswith("/text"):
            self.answer(403, "text/plain", said)
        elif self.path.startswith("/json"):
            self.answer(401, "application/json", json.dumps({"error": {"message": said, "code": KEY}}))
        elif asked.get("stream"):
            self.answer(200, "text/event-stream", f"data: {json.dumps({'error': {'message': said}})}\n\n")
        else:
            self.answer(
                200, "application/json", json.dumps({"id": said, "object": said, "created": KEY, "choices": said})
            )

    def answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(name="echo", scope="module")
def _echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder with the key in its environment."""
    return subprocess.run(
        [sys.executable, "-m", "wireproof", *words],
        cwd=folder,
        env={**os.environ, "MINE": KEY},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    ("way", "user"), [("text", "Chat"), ("json", "Chat"), ("answer", "Chat"), ("answer", "Stream")]
)
def test_no_output_of_a_load_run_contains_a_secret(echo: str, tmp_path: Path, way: str, user: str) -> None:
    words = [user, "--host", f"{echo}/{way}/v1", "--model", "m", "--key-env", "MINE", "-u", "1", "-t", "60s"]
    words += ["--max-requests", "5", "--jitter", "0", "--report-dir", "pages", "--records", "records.jsonl"]
    words += ["--summary", "summary.json", "--junit", "junit.xml", "--html", "locust.html", "--csv", "locust"]
    done = run(tmp_path, "load", *words)
    files = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.rglob("*") if file.is_file()}
    assert {"load.html", "load.md", "load.json", "load.csv", "records.jsonl", "summary.json", "junit.xml"} <= set(files)
    told = files | {"terminal": done.stdout + done.stderr}
    assert "Traceback" not in told["terminal"]
    assert "**" in told["summary.json"]
    plain = {name: html.unescape(text) for name, text in told.items()}
    assert [(name, form) for name, text in plain.items() for form in FORMS if form[:BEGINNING] in text] == []
    assert [name for name, text in told.items() for sign in STEERING[:1] + STEERING[-1] if sign in text] == []


def test_no_output_of_a_limit_probe_contains_a_secret(echo: str, tmp_path: Path) -> None:
    words = ["limits", "--endpoint", f"{echo}/limit/v1", "--model", "m", "--key-env", "MINE", "--max-requests", "10"]
    done = run(tmp_path, *words, "--write", "limits.json")
    told = done.stdout + done.stderr + (tmp_path / "limits.json").read_text(encoding="utf-8")
    assert (done.returncode, "BROKEN  refusal" in told, "**" in told) == (1, True, True), told
    assert [form for form in FORMS if form[:BEGINNING] in told] == []
    assert [sign for sign in STEERING[:1] + STEERING[-1] if sign in told] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_detail_contains_no_prefix_of_a_secret(form: str) -> None:
    shown = make_detail_redactor([KEY])
    for end in range(BEGINNING, len(form) + 1):
        assert form[:BEGINNING] not in shown(f"401 no: {form[:end]}")
