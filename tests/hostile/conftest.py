"""A server that answers honestly as often as a test wants, and then with the bytes of an attack."""

from __future__ import annotations

import json
import os
import re
import resource
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

MODEL = "m"
KEY = {"WIREPROOF_HOSTILE_KEY": "a-key-for-hostile-servers-4711"}
Attack = Callable[["Asked"], bytes]


@dataclass(frozen=True)
class Asked:
    """One request as the server reads it."""

    line: str
    head: bytes
    body: bytes

    @property
    def is_chat(self) -> bool:
        return self.line.startswith("POST") and "/chat/completions" in self.line


@dataclass
class HostileServer:
    """The address of the server, and the requests that it received."""

    url: str
    asked: list[Asked] = field(default_factory=list)


def http_answer(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def honest_answer(asked: Asked, usage: str = "") -> bytes:
    """An answer in the form that clients expect; a usage object replaces the usual one."""
    if "/models" in asked.line:
        listed = {"id": MODEL, "object": "model", "created": 1, "owned_by": "x"}
        return http_answer(json.dumps({"object": "list", "data": [listed]}).encode())
    if not asked.is_chat:
        refusal = {"message": "no such thing", "type": "invalid_request_error", "param": None, "code": "not_found"}
        return http_answer(json.dumps({"error": refusal}).encode(), status="404 Not Found")
    message = {"role": "assistant", "content": "ok", "refusal": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
    }
    text = json.dumps(body)
    return http_answer((re.sub(r'"usage": \{[^}]*\}', f'"usage": {usage}', text) if usage else text).encode())


@contextmanager
def serving(attack: Attack, after: int) -> Iterator[HostileServer]:
    """Serves on loopback; from the request after the given number on, with the attack."""
    lock = threading.Lock()

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (asked := _read_request(self.rfile)) is not None:
                with lock:
                    server.asked.append(asked)
                    is_attacked = len(server.asked) > after
                self.wfile.write(attack(asked) if is_attacked else honest_answer(asked))

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as listening:
        listening.daemon_threads = True
        listening.handle_error = lambda *_: None  # type: ignore[method-assign]
        server = HostileServer(f"http://127.0.0.1:{listening.server_address[1]}/v1")
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield server
        listening.shutdown()


def _read_request(file: object) -> Asked | None:
    line = file.readline()  # type: ignore[attr-defined]
    if not line.strip():
        return None
    head, length = b"", 0
    while (header := file.readline()).strip():  # type: ignore[attr-defined]
        head += header
        length = int(header.split(b":")[1]) if header.lower().startswith(b"content-length:") else length
    return Asked(line.decode("latin-1"), head, file.read(length))  # type: ignore[attr-defined]


def limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, most))


@dataclass(frozen=True)
class Run:
    """A finished `wireproof check` with its output and its report folder."""

    code: int
    output: str
    folder: Path

    @property
    def report(self) -> dict[str, object]:
        report: dict[str, object] = json.loads((self.folder / "report.json").read_text())
        return report


Check = Callable[..., Run]


@pytest.fixture(name="check_against")
def _check_against(tmp_path: Path) -> Check:
    """Runs `wireproof check` on a server, within an address space of this size."""

    def check(url: str, *words: str, space: int = resource.RLIM_INFINITY) -> Run:
        folder = tmp_path / "report"
        command = [sys.executable, "-m", "wireproof", "check", "--endpoint", url, "--key-env", next(iter(KEY))]
        done = subprocess.run(
            [*command, "--report-dir", str(folder), *words],
            cwd=tmp_path,
            env=os.environ | KEY,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            preexec_fn=partial(limit, resource.RLIMIT_AS, space),
        )
        return Run(done.returncode, done.stdout + done.stderr, folder)

    return check
