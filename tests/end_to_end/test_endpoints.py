"""Whole runs against missing or wrong endpoints, in processes of their own.

Each run ends with one sentence and the right exit code, and without a traceback.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytestmark = pytest.mark.slow

FRONTS = [
    pytest.param(["pytest", "suites"], id="pytest"),
    pytest.param(["wireproof", "check"], id="wireproof-check"),
]
both_fronts = pytest.mark.parametrize("front", FRONTS)
# Most tests run one of the two fronts, because the tests of both show that they agree.
BY_PYTEST, BY_CHECK = (front.values[0] for front in FRONTS)
# A few verdicts suffice, except for the unknown API, which is judged by a whole profile.
FEW = ("-k", "models-list or chat-basic]")


class Outcome:
    """The exit code, output and report of a run."""

    def __init__(self, run: subprocess.CompletedProcess[str], reports: Path) -> None:
        self.code, self.text, self._reports = run.returncode, run.stdout + run.stderr, reports

    @property
    def report(self) -> Any:
        return json.loads((self._reports / "report.json").read_text(encoding="utf-8"))

    def verdicts(self, outcome: str) -> list[tuple[str, str]]:
        """The (check, case) of every verdict with this outcome, in the order of the run."""
        return [(v["check"], v["case"]) for v in self.report["verdicts"] if v["outcome"] == outcome]

    def ends_with(self, code: int, sentence: str) -> None:
        """Asserts the exit code, a sentence of the output, and that the output has no traceback."""
        assert sentence in " ".join(self.text.split()), self.text[-3000:]
        assert "Traceback" not in self.text, self.text[-3000:]
        assert "INTERNALERROR" not in self.text, self.text[-3000:]
        assert self.code == code, self.text[-3000:]


@pytest.fixture(name="run")
def _run(fresh: Any, tmp_path: Path) -> Callable[..., Outcome]:
    def run(front: list[str], *options: str, **variables: str) -> Outcome:
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        command = [*front, "-p", "no:cacheprovider", "--report-dir", str(tmp_path), *options]
        return Outcome(fresh(*command, env={**environment, "COLUMNS": "200", **variables}), tmp_path)

    return run


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[str]:
    """Serves in a thread; yields the base URL."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


class Site(BaseHTTPRequestHandler):
    """A web site in place of an API."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, "text/html", b"<html><title>Welcome</title></html>")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ChatOnly(Site):
    """An API with one model of an unknown name, and with the chat endpoint alone."""

    KNOWS: ClassVar[set[str]] = {"model", "messages", "max_completion_tokens", "max_tokens", "temperature"}

    def do_GET(self) -> None:
        self.json(200, {"object": "list", "data": [MODEL]}) if self.path == "/v1/models" else self.refuse(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        if self.path != "/v1/chat/completions":
            self.refuse(404)
        elif not isinstance(body, dict) or not set(body) <= self.KNOWS:
            self.refuse(400)
        elif body.get("model") != MODEL["id"]:
            self.refuse(404)
        else:
            self.json(200, CHAT)

    def json(self, status: int, value: Any) -> None:
        self.answer(status, "application/json", json.dumps(value).encode())

    def refuse(self, status: int) -> None:
        self.json(status, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}})


MODEL = {"id": "somebodys-own-7b", "object": "model", "created": 1, "owned_by": "somebody"}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL["id"],
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "ok", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}


class Garbage(socketserver.StreamRequestHandler):
    """A peer that reads HTTP and responds in another protocol."""

    def handle(self) -> None:
        while (line := self.rfile.readline()) and line != b"\r\n":
            pass
        self.wfile.write(b"220 mail.example ESMTP\r\n")


@pytest.fixture(name="down")
def _down() -> Iterator[str]:
    """A base URL without a listener; the port is bound, so that no other process can listen on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@pytest.fixture(name="silent")
def _silent() -> Iterator[str]:
    """The base URL of a port that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


# --- errors before anything is sent


@both_fronts
def test_the_error_of_an_unknown_provider_lists_the_known_ones(run: Callable[..., Outcome], front: list[str]) -> None:
    found = run(front, "--provider", "nobody")
    found.ends_with(
        2, "--provider nobody: unknown provider; choose one of aion, aiorouter, iio, io-intelligence, iotex, openai"
    )


def test_the_error_of_malformed_yaml_names_the_line(run: Callable[..., Outcome], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("providers:\n  mine: {extends: openai\n  title: x\n")
    run(BY_PYTEST, "--providers", str(file)).ends_with(2, f"{file}, line 3: it is not YAML")


def test_the_error_of_a_missing_key_names_its_variable(run: Callable[..., Outcome], down: str) -> None:
    found = run(BY_CHECK, "--provider", "iio", "--endpoint", down, "--key-env", "NO_SUCH_KEY")
    found.ends_with(2, "the environment variable NO_SUCH_KEY: it holds no key; export NO_SUCH_KEY=…")


# --- endpoints that are missing or wrong


@both_fronts
def test_an_endpoint_that_is_down_is_one_error(run: Callable[..., Outcome], front: list[str], down: str) -> None:
    found = run(front, "--endpoint", down, *FEW)
    found.ends_with(2, f"smoke failed: openai at {down}: could not ask")
    assert len(found.verdicts("error")) == 1
    assert found.verdicts("pass") == found.verdicts("fail") == []
    assert found.verdicts("untestable")


def test_an_endpoint_that_returns_html_is_one_failure(run: Callable[..., Outcome]) -> None:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as url:
        found = run(BY_CHECK, "--endpoint", url, *FEW)
    found.ends_with(2, "expected a JSON body (is this the API's base URL?), actual 200 text/html")
    assert found.verdicts("fail") == [("smoke.reachable", "models-list")]


def test_a_silent_port_is_one_failure_within_the_deadline(run: Callable[..., Outcome], silent: str) -> None:
    found = run(BY_PYTEST, "--endpoint", silent, *FEW, "--deadline", "connect=1", "--deadline", "first-byte=1")
    found.ends_with(2, "no answer within 1 s, after 0 bytes of the body; allow more time with --deadline first-byte=")
    assert found.verdicts("timed-out") == [("smoke.reachable", "models-list")]
    assert found.report["requests"] == 1


def test_a_peer_that_breaks_http_is_a_failure_and_no_error(run: Callable[..., Outcome]) -> None:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Garbage)
    with listening(server) as url:
        found = run(BY_CHECK, "--endpoint", url, *FEW)
    found.ends_with(1, "1. wire.http: ")
    assert [(group["expected"], "220 mail.example ESMTP" in str(group)) for group in found.report["findings"]] == [
        ("well-formed HTTP/1.1", True)
    ]
    assert found.verdicts("error") == []
    assert {check for check, _ in found.verdicts("fail")} == {"wire.http"}


def test_an_unknown_api_with_chat_alone_is_judged_by_its_chat(
    run: Callable[..., Outcome],
) -> None:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), ChatOnly)) as url:
        found = run(BY_PYTEST, "--endpoint", url, "-q")
    assert found.code == 1, found.text[-3000:]  # it does not stream, which is a must
    assert found.report["targets"][0]["models"]["chat"] == MODEL["id"]
    assert found.verdicts("error") == []
    assert ("chat.answers", "chat-basic") in found.verdicts("pass")
    assert ("schema.conforms", "chat-basic") in found.verdicts("pass")
    assert "Traceback" not in found.text


def test_no_report_contains_a_key_that_the_endpoint_echoes(run: Callable[..., Outcome], tmp_path: Path) -> None:
    class Echo(Site):
        def do_GET(self) -> None:
            self.answer(401, "application/json", json.dumps({"error": self.headers["Authorization"]}).encode())

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Echo)) as url:
        found = run(
            BY_PYTEST,
            "--endpoint",
            url,
            *FEW,
            "-rA",
            f"--junitxml={tmp_path / 'j.xml'}",
            OPENAI_API_KEY="sk-do-not-show-me",
        )
    assert found.code == 2
    everything = found.text + "".join(file.read_text() for file in tmp_path.iterdir())
    assert "Bearer ****" in everything
    assert "sk-do-not-show-me" not in everything
