"""A server that only plays back what a cell once said: as light as a server can be, so that clients are the bottleneck.

It stands beside nginx, too, where the cell is to be compared with a server that does nothing but send.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from pathlib import Path

COUNTS: Counter[str] = Counter()
TOLD = b"/_wireproof/cell"


class Replay(asyncio.Protocol):
    """One connection: each request gets the recorded writes, each in a turn of the loop of its own."""

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
        if TOLD in head[:80]:
            COUNTS.clear() if length else None
            self.transport.write(whole(told()))  # type: ignore[attr-defined]
            return
        COUNTS["requests"] += 1
        self.at = 0
        self.turn()

    def turn(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(self.writes[self.at])  # type: ignore[attr-defined]
        self.at += 1
        if self.at < len(self.writes):
            self.loop.call_soon(self.turn)
            return
        COUNTS["answers"] += 1
        COUNTS["tokens"] += self.tokens


def told() -> bytes:
    """The counts, in the words of a cell."""
    answers, tokens = COUNTS["answers"], COUNTS["tokens"]
    counts = {"requests": COUNTS["requests"], "answers": answers}
    return json.dumps({"counts": counts, "ms": {"ttft": {"n": 0}, "gap": {"n": tokens}}}).encode()


def whole(body: bytes) -> bytes:
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
