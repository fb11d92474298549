"""The raw client, as the limit of speed: an asyncio protocol that only stamps each read and splits events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from array import array
from time import perf_counter

TTFT, GAP, E2E = array("d"), array("d"), array("d")


class Client(asyncio.Protocol):
    """One connection that sends the same request repeatedly."""

    def __init__(self, wire: bytes, until: float, streams: bool, left: asyncio.Queue[None]) -> None:
        self.wire, self.until, self.streams, self.left = wire, until, streams, left

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.begin()

    def begin(self) -> None:
        if perf_counter() >= self.until:
            self.transport.close()
            return
        self.rest, self.last, self.head = b"", 0.0, False
        self.sent = perf_counter()
        self.transport.write(self.wire)

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.put_nowait(None)

    def data_received(self, data: bytes) -> None:
        at = perf_counter()
        data = self.rest + data
        if not self.streams:
            self.whole(data, at)
            return
        if not self.head:
            place = data.find(b"\r\n\r\n")
            if place < 0:
                self.rest = data
                return
            data, self.head = data[place + 4 :], True
        *events, self.rest = data.split(b"\n\n")
        for event in events:
            if b'"content":"' in event and b'"role"' not in event:
                GAP.append(at - self.last) if self.last else TTFT.append(at - self.sent)
                self.last = at
        if self.rest.endswith(b"0\r\n\r\n"):
            E2E.append(at - self.sent)
            self.begin()

    def whole(self, data: bytes, at: float) -> None:
        self.rest = data
        place = data.find(b"\r\n\r\n")
        found = data.lower().find(b"content-length: ")
        if place >= 0 and len(data) >= place + 4 + int(data[found + 16 : data.find(b"\r\n", found)]):
            E2E.append(at - self.sent)
            self.begin()


def percentiles(values: array[float]) -> dict[str, float | int]:
    """Number, median and 99th percentile in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    return {
        "n": len(ordered),
        **{name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3
           for name, share in (("p50", 0.5), ("p99", 0.99))},
    }  # fmt: skip


async def main(host: str, port: int, wire: bytes, connections: int, seconds: float, streams: bool) -> None:
    left: asyncio.Queue[None] = asyncio.Queue()
    loop, until = asyncio.get_running_loop(), perf_counter() + seconds
    for number in range(connections):
        await loop.create_connection(lambda: Client(wire, until, streams, left), host, port)
        await asyncio.sleep(0.5 / connections if number else 0)
    for _ in range(connections):
        await left.get()
    print(json.dumps({"ttft": percentiles(TTFT), "gap": percentiles(GAP), "e2e": percentiles(E2E)}))


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    with contextlib.suppress(ImportError):
        import uvloop

        if options.get("uvloop"):
            uvloop.install()
    asyncio.run(
        main(
            options["host"], options["port"], options["wire"].encode(), options["connections"], options["seconds"],
            options["streams"],
        )
    )  # fmt: skip
