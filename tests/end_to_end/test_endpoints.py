"""Whole runs against endpoints that are not there, or are not what they should be, in processes of their own.

Each ends with one clear sentence and the right exit code, and none with a traceback.
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

FRONTS = [
    pytest.param(["pytest", "suites"], id="pytest"),
    pytest.param(["wireproof", "check"], id="wireproof-check"),
]
both_fronts = pytest.mark.parametrize("front", FRONTS)
# Where both fronts would say the same, as the tests of both show, one of them is asked.
BY_PYTEST, BY_CHECK = (front.values[0] for front in FRONTS)
# What is the same whatever was selected is shown on a few judgements; a whole profile is judged of the unknown API.
FEW = ("-k", "models-list or chat-basic]")


class Outcome:
    """How a run ended."""

    def __init__(self, run: subprocess.CompletedProcess[str], reports: Path) -> None:
        self.code, self.text, self._reports = run.returncode, run.stdout + run.stderr, reports

    @property
    def report(self) -> Any:
        return json.loads((self._reports / "report.json").read_text(encoding="utf-8"))

    def verdicts(self, outcome: str) -> list[tuple[str, str]]:
        """(check, case) of every verdict of an outcome, in the order of the run."""
        return [(v["check"], v["case"]) for v in self.report["verdicts"] if v["outcome"] == outcome]

    def ends_with(self, code: int, sentence: str) -> None:
        """The run ended with this code, said this, and showed nothing of our insides."""
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
    """Serve in a thread; gives the base URL."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


class Site(BaseHTTPRequestHandler):
    """A web site where an API should be."""

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
    """Somebody's API: one model of an unknown name, chat and nothing else."""

    KNOWS: ClassVar[set[str]] = {"model", "messages", "max_completion_tokens", "max_tokens", "temperature"}

    def do_GET(self) -> None:
        self.json(200, {"object": "list", "data": [MODEL]}) if self.path == "/v1/models" else self.refuse(404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        if self.path != "/v1/chat/completions":
            self.refuse(404)
        elif not isinstance(asked, dict) or not set(asked) <= self.KNOWS:
            self.refuse(400)
        elif asked.get("model") != MODEL["id"]:
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
    """A peer that takes HTTP and talks something else."""

    def handle(self) -> None:
        while (line := self.rfile.readline()) and line != b"\r\n":
            pass
        self.wfile.write(b"220 mail.example ESMTP\r\n")


@pytest.fixture(name="down")
def _down() -> Iterator[str]:
    """An address where nobody listens; the port stays taken, so that nobody can start to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@pytest.fixture(name="silent")
def _silent() -> Iterator[str]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


# --- what is wrong before anything is sent


@both_fronts
def test_an_unknown_provider_is_told_with_the_known_ones(run: Callable[..., Outcome], front: list[str]) -> None:
    found = run(front, "--provider", "nobody")
    found.ends_with(
        2, "--provider nobody: unknown provider; choose one of aion, aiorouter, iio, io-intelligence, iotex, openai"
    )


def test_malformed_yaml_is_told_with_its_line(run: Callable[..., Outcome], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("providers:\n  mine: {extends: openai\n  title: x\n")
    run(BY_PYTEST, "--providers", str(file)).ends_with(2, f"{file}, line 3: it is not YAML")


def test_a_missing_key_is_told_with_its_variable(run: Callable[..., Outcome], down: str) -> None:
    found = run(BY_CHECK, "--provider", "iio", "--endpoint", down, "--key-env", "NO_SUCH_KEY")
    found.ends_with(2, "the environment variable NO_SUCH_KEY: it holds no key; export NO_SUCH_KEY=…")


# --- what is wrong with the endpoint


@both_fronts
def test_an_endpoint_that_is_down_is_one_red_line(run: Callable[..., Outcome], front: list[str], down: str) -> None:
    found = run(front, "--endpoint", down, *FEW)
    found.ends_with(2, f"smoke failed: openai at {down}: could not ask")
    assert len(found.verdicts("error")) == 1
    assert found.verdicts("pass") == found.verdicts("fail") == []
    assert found.verdicts("untestable")


def test_an_endpoint_that_answers_html_is_one_red_line(run: Callable[..., Outcome]) -> None:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as url:
        found = run(BY_CHECK, "--endpoint", url, *FEW)
    found.ends_with(2, "expected a JSON body (is this the API's base URL?), actual 200 text/html")
    assert found.verdicts("fail") == [("smoke.reachable", "models-list")]


def test_a_port_that_says_nothing_is_one_red_line_within_its_deadline(run: Callable[..., Outcome], silent: str) -> None:
    found = run(BY_PYTEST, "--endpoint", silent, *FEW, "--deadline", "connect=1", "--deadline", "first-byte=1")
    found.ends_with(2, "expected an answer within the deadline, actual no answer within 1 s")
    assert found.verdicts("fail") == [("smoke.reachable", "models-list")]
    assert found.report["requests"] == 1


def test_a_peer_that_breaks_http_breaks_a_promise_and_is_no_error_of_ours(run: Callable[..., Outcome]) -> None:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Garbage)
    with listening(server) as url:
        found = run(BY_CHECK, "--endpoint", url, *FEW)
    found.ends_with(1, "expected well-formed HTTP/1.1")
    assert "220 mail.example ESMTP" in found.text
    assert found.verdicts("error") == []
    assert {check for check, _ in found.verdicts("fail")} == {"wire.http"}


def test_an_unknown_api_with_one_model_and_nothing_but_chat_is_judged_by_what_it_has(
    run: Callable[..., Outcome],
) -> None:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), ChatOnly)) as url:
        found = run(BY_PYTEST, "--endpoint", url, "-q")
    assert found.code == 1, found.text[-3000:]  # it streams nothing, which it would have to
    assert found.report["targets"][0]["models"]["chat"] == MODEL["id"]
    assert found.verdicts("error") == []
    assert ("chat.answers", "chat-basic") in found.verdicts("pass")
    assert ("schema.conforms", "chat-basic") in found.verdicts("pass")
    assert "Traceback" not in found.text


def test_no_key_reaches_the_reports_of_an_endpoint_that_gives_it_back(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
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
