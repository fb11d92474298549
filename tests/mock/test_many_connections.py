"""More connections than there are descriptors: the server goes on, and says so in one line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limit is set by a shell of POSIX")

DESCRIPTORS, CONNECTIONS = 64, 150
REQUEST = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-mock-standard\r\n\r\n"
SERVE = "wireproof serve --port 0 --json --at /v1 --provider openai --no-limits"


def test_a_server_without_descriptors_serves_those_who_are_in_and_then_the_others() -> None:
    command = ["bash", "-c", f'ulimit -n {DESCRIPTORS}; exec "{sys.executable}" -m {SERVE}']
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            with ExitStack() as opened:
                first, *_ = [opened.enter_context(connect(port)) for _ in range(CONNECTIONS)]
                assert "no descriptor is left" in process.stderr.readline()
                assert status(first) == b"HTTP/1.1 200"
            with connect(port) as later:
                assert status(later) == b"HTTP/1.1 200"
        finally:
            process.terminate()
        assert process.stderr.read() == ""


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def status(connection: socket.socket) -> bytes:
    connection.sendall(REQUEST)
    return connection.recv(12)
