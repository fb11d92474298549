"""Recording what a network connection delivers: each read with its nanosecond, the head and the tail kept."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore

EVIDENCE_BOUND = 2048
HEAD_BOUND = 64 * 1024

# The request under way in this task; its connection's reads are told to it.
current: ContextVar[Recording | None] = ContextVar("recording", default=None)


@dataclass(slots=True)
class Recording:
    """The raw socket reads of one request; the start tells its framing, the tail is kept as evidence."""

    last_ns: int = 0
    size: int = 0
    start: bytes = b""
    tail: bytes = b""
    patience: asyncio.Timeout | None = None
    first_byte: float = 0.0

    def sent(self) -> None:
        """The request went out: the wait for the first byte of the answer begins now."""
        if self.patience is not None and self.size == 0:
            self.patience.reschedule(asyncio.get_running_loop().time() + self.first_byte)

    def add(self, data: bytes) -> None:
        self.last_ns = time.monotonic_ns()
        self.size += len(data)
        self.start += data[: HEAD_BOUND - len(self.start)]
        self.tail = (self.tail + data)[-EVIDENCE_BOUND:]


class RecordingStream(httpcore.AsyncNetworkStream):
    """A network stream that tells the current request's recording what it read."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        recording = current.get()
        if recording is not None and data:
            recording.add(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)
        recording = current.get()
        if recording is not None:
            recording.sent()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return RecordingStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class RecordingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections whose reads are recorded."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return RecordingStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
