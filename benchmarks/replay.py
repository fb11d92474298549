"""A server that plays back a recorded answer of a cell with little CPU, so that clients are the bottleneck.

Like nginx, it is also a control for the cell: a server that only sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from pathlib import Path

COUNTS: Counter[str] = Counter()
STATE_PATH = b"/_wireproof/cell"


class Replay(asyncio.Protocol):
    """One connection; answers each request with the recorded writes, one per iteration of the event loop."""

    def __init__(self, writes: list[bytes], tokens: int) -> None:
        self.writes, self.tokens = writes, tokens
        self.rest = b""
        self.at = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self.rest += data
        place = self.rest.find(b"\r\n\r\n")
        if place < 0:
            return
        head = self.rest[:place].lower()
        found = head.find(b"content-length: ")
        length = int(head[found + 16 :].partition(b"\r\n")[0]) if found >= 0 else 0
        if len(self.rest) < place + 4 + length:
            return
        self.rest = self.rest[place + 4 + length :]
        if STATE_PATH in head[:80]:
            COUNTS.clear() if length else None
            self.transport.write(json_response(state()))  # type: ignore[attr-defined]
            return
        COUNTS["requests"] += 1
        self.at = 0
        self.write_next()

    def write_next(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(self.writes[self.at])  # type: ignore[attr-defined]
        self.at += 1
        if self.at < len(self.writes):
            self.loop.call_soon(self.write_next)
            return
        COUNTS["answers"] += 1
        COUNTS["tokens"] += self.tokens


def state() -> bytes:
    """The counts in the form of a cell's state."""
    answers, tokens = COUNTS["answers"], COUNTS["tokens"]
    counts = {"requests": COUNTS["requests"], "answers": answers}
    return json.dumps({"counts": counts, "ms": {"ttft": {"n": 0}, "gap": {"n": tokens}}}).encode()


def json_response(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def main(recorded: Path) -> None:
    record = json.loads(recorded.read_text())
    writes = [text.encode("latin-1") for text in record["writes"]]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Replay(writes, record["tokens"]), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"cells": [{"profiles": {"openai": {"base_url": f"http://127.0.0.1:{port}/openai/v1"}}}]}))
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    asyncio.run(main(Path(sys.argv[1])))
