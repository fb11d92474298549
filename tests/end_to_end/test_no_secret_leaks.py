"""A server that echoes every secret in every encoding; no artefact, terminal output or log contains one."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import textwrap
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest

from wireproof.cli import main
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.evidence.ledger_reader import read_facts
from wireproof.report.write_files import REPORT_VIEWS

pytestmark = pytest.mark.slow

KEY = "sk-live/4f9c+Zq81=secret"
PROXY = "proxy~pass:word-77"
CONFIGURED = "tenant<secret>&9931"
COOKIE = "c00kie-0123456789abcdef"
SECRETS = (KEY, PROXY, CONFIGURED, COOKIE)


def forms(secret: str) -> set[str]:
    """The encodings in which a server may echo a secret, listed independently of the redactor."""
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote(quote(secret, safe="")), raw.hex()}
    found |= {json.dumps(secret)[1:-1], secret.upper(), secret.lower()}
    for before in (b"", b"B", b"Be"):
        digits = base64.b64encode(before + raw).decode().rstrip("=")
        # The digits at the edges depend on neighbouring bytes, so they are cut off.
        found |= {digits[4:-2], digits[4:-2].translate(str.maketrans("+/", "-_"))}
    return found


ECHO = " | ".join(
    word
    for secret in SECRETS
    for word in (
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(f"Bearer {secret}".encode()).decode(),
        secret.encode().hex(),
    )
)


# Sequences that colour a terminal, clear it, or reverse the direction of text.
STEERING = "\x1b[31m\x9b2J\u202e"


class Echo(BaseHTTPRequestHandler):
    """An API that echoes secrets in bodies and headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            entry = {"id": "m", "object": "model", "created": 1, "owned_by": ECHO + STEERING}
            self.answer(200, gzip.compress(json.dumps({"object": "list", "data": [entry]}).encode()), coding="gzip")
        else:
            self.refuse()

    def do_POST(self) -> None:
        received = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(received)
        except ValueError:
            return self.refuse()
        if not self.path.endswith("/chat/completions") or not body.get("messages") or body.get("model") != "m":
            return self.refuse()
        return self.stream() if body.get("stream") else self.chat()

    def chat(self) -> None:
        message = {"role": "assistant", "content": ECHO + STEERING, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        self.answer(200, json.dumps({**body, "usage": usage}).encode())

    def stream(self) -> None:
        self.head(200, "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        # Seven letters an event, and every event is cut in two chunks of the transfer coding.
        for event in (*(ECHO[at : at + 7] for at in range(0, len(ECHO), 7)), None):
            data = f"data: {json.dumps(piece(event)) if event is not None else '[DONE]'}\n\n".encode()
            for part in (data[: len(data) // 2], data[len(data) // 2 :]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def refuse(self) -> None:
        error = {"message": f"no: {STEERING}{ECHO}", "type": "invalid_request_error", "param": None, "code": KEY}
        self.answer(400, json.dumps({"error": error}, ensure_ascii=True).replace("/", "\\/").encode())

    def answer(self, status: int, body: bytes, coding: str | None = None) -> None:
        self.head(status, "application/json")
        if coding:
            self.send_header("Content-Encoding", coding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("X-Echo", ECHO)
        self.send_header("Set-Cookie", f"session={COOKIE}; Path=/; HttpOnly")
        self.send_header("WWW-Authenticate", f'Bearer realm="{KEY}"')

    def log_message(self, format: str, *args: Any) -> None:
        pass


def piece(text: str) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


@contextmanager
def echo() -> Iterator[int]:
    """Runs the echoing server; yields its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def run_check(fresh: Any, reports: Path, logs: Path, words: list[str], environment: Mapping[str, str]) -> Any:
    """Runs `wireproof check` with the most verbose output: local variables of frames, a debug log and JUnit XML."""
    verbose = ["--showlocals", "--tb=long", "-rA", "--log-level=DEBUG", f"--log-file={logs / 'debug.log'}"]
    verbose += ["--report-dir", str(reports), f"--junitxml={logs / 'junit.xml'}", "-p", "no:cacheprovider"]
    return fresh("wireproof", "check", *words, *verbose, env={**os.environ, **environment})


@pytest.fixture(name="ended", scope="module")
def _ended(fresh: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The reports of a run with every kind of artefact, and all output of the commands."""
    reports = tmp_path_factory.mktemp("reports")
    with echo() as port:
        words = ["--endpoint", f"http://user:{quote(PROXY, safe='')}@127.0.0.1:{port}/v1"]
        words += ["--header", f"X-Api-Key: {CONFIGURED}", "--secret-env", "OTHER", "--fail-on", "should"]
        words += ["-k", "chat-basic or chat-usage or models-list or errors-unknown", "--keep"]
        words += ["--write-baseline", str(reports / "baseline.yaml")]
        done = run_check(fresh, reports, reports, words, {"OPENAI_API_KEY": KEY, "OTHER": PROXY})
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr
    return reports, done.stdout + done.stderr + output_of_commands(reports)


def output_of_commands(reports: Path) -> str:
    """The output of the commands that read the files of a run."""
    ledger, report = str(reports / "ledger.jsonl"), str(reports / "report.json")
    (kept,) = (reports / "runs").iterdir()
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        main.main(["judge", ledger])
        main.main(["judge", ledger, "--json", "--fail-on", "should"])
        main.main(["compare", report, ledger])
        main.main(["history", str(reports), "--check", "chat.answers"])
        main.main(["matrix", str(kept), "--into", str(reports / "matrix.html")])
        main.main(["report", ledger, "--into", str(reports / "anew")])
    return output.getvalue()


def test_no_artefact_contains_a_secret(ended: tuple[Path, str]) -> None:
    reports, output = ended
    files = [file for file in reports.rglob("*") if file.is_file()]
    names = {"report.json", "ledger.jsonl", "junit.xml", "baseline.yaml", "debug.log", "matrix.html", "history.sqlite"}
    assert names <= {file.name for file in files}
    texts = {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files} | {"terminal": output}
    texts["inside report.html"] = inside(reports / "report.html")
    leaks = [
        (name, form) for name, text in texts.items() for secret in SECRETS for form in forms(secret) if form in text
    ]
    assert leaks == []


def test_no_text_of_a_server_controls_a_terminal(ended: tuple[Path, str]) -> None:
    reports, output = ended
    texts = {file.name: file.read_text(encoding="utf-8") for file in reports.rglob("*") if file.name in REPORT_VIEWS}
    assert [
        name for name, text in (texts | {"terminal": output}).items() for sign in "\x1b\x9b\u202e" if sign in text
    ] == []
    assert "\\x1b[31m" in output


def inside(page: Path) -> str:
    """The data of a page, with all bodies decoded."""
    packed = page.read_text(encoding="utf-8").partition('id="data">')[2].partition("<")[0]
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert data["exchanges"]
    return "\n".join([*words(data), *("".join(text for _, text in one["reads"]) for one in data["exchanges"])])


def words(data: Any) -> Iterator[str]:
    """Every string in JSON data, including names."""
    if isinstance(data, str):
        yield data
    for value in [*data, *data.values()] if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from words(value)


def test_no_reassembled_body_contains_a_secret(ended: tuple[Path, str]) -> None:
    """Events of seven letters each, bodies with a content coding, and events that are cut into two chunks."""
    sent = [exchange_from_json(fact) for fact in read_facts(ended[0] / "ledger.jsonl") if fact["kind"] == "exchange"]
    streams = [exchange for exchange in sent if exchange.content_type == "text/event-stream"]
    coded = [exchange for exchange in sent if exchange.header("content-encoding") == "gzip"]
    assert streams
    assert coded
    texts = [
        "".join(event.value["choices"][0]["delta"]["content"] for event in exchange.stream.chunks)
        for exchange in streams
    ]
    texts += [exchange.text for exchange in sent]
    assert [form for text in texts for secret in SECRETS for form in forms(secret) if form in text] == []
    assert {len(text) for text in texts[: len(streams)]} == {len(ECHO)}


def test_a_masked_body_keeps_its_coding_and_its_length(ended: tuple[Path, str]) -> None:
    sent = (exchange_from_json(fact) for fact in read_facts(ended[0] / "ledger.jsonl") if fact["kind"] == "exchange")
    exchange = next(exchange for exchange in sent if exchange.header("content-encoding") == "gzip")
    raw = b"".join(read.data for read in exchange.reads)
    assert exchange.header("content-length") == str(len(raw))
    assert json.loads(zlib.decompress(raw, 31))["data"][0]["owned_by"].count("*") > len(KEY)


CRASHES = {
    "while-asking": """
        from wireproof.client.http_client import HttpClient
        async def send(self, outgoing):
            headers = dict(outgoing.headers)
            raise RuntimeError(f"no way to send {headers}")
        HttpClient.send = send
    """,
    "while-judging": """
        from wireproof.judging.judge import Judge
        def verdict(self, planned, evidence, reason=None):
            key = next(iter(self.target.secrets))
            raise RuntimeError("no way to judge " + key)
        Judge.judge = verdict
    """,
    "while-reporting": """
        from wireproof.report.write_files import REPORT_VIEWS
        def verdicts(facts):
            key = __import__("os").environ["IIO_API_KEY"]
            raise RuntimeError("no way to report " + key)
        REPORT_VIEWS["junit.xml"] = verdicts
    """,
    "inside-a-check": """
        from wireproof.judging.check import Check
        def called(self, arguments):
            key = next(iter(arguments["target"].secrets))
            raise KeyError("Bearer " + key)
        Check.__call__ = called
    """,
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_traceback_of_our_own_contains_no_secret(fresh: Any, tmp_path: Path, crash: str) -> None:
    """The traceback shows the local variables of its frames, and one of them is the key."""
    (tmp_path / "crashing.py").write_text(textwrap.dedent(CRASHES[crash]))
    with echo() as port:
        words = ["--endpoint", f"http://127.0.0.1:{port}/v1", "--provider", "iio", "-k", "models-list"]
        words += ["-p", "crashing"]
        done = run_check(
            fresh, tmp_path / "reports", tmp_path, words, {"IIO_API_KEY": KEY, "PYTHONPATH": str(tmp_path)}
        )
    text = done.stdout + done.stderr
    assert (done.returncode, "no way to" in text or "KeyError" in text) == (2, True), text[-3000:]
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "crashing.py"]
    text += "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    assert [form for form in forms(KEY) if form in text] == []
