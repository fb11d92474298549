"""Records the reads of network connections, with time stamps, the head and the tail of the bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore

from wireproof.contract import certificates
from wireproof.evidence.exchange import TransportFailure

MAX_EVIDENCE_BYTES = 2048
MAX_HEAD_BYTES = 64 * 1024

# The recording of the current task's request; reads of its connection are added to it.
current_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


@dataclass(slots=True)
class Recording:
    """The raw socket reads of one request.

    Attributes:
        last_ns: time of the last read in nanoseconds of the monotonic clock.
        size: number of bytes read.
        start: the first bytes, which determine the framing.
        tail: the last bytes, kept as evidence.
        first_byte_timeout: timeout for the first byte of the response; None before the request starts.
        first_byte: deadline for the first byte in seconds.
        stream: the connection of the request; None until it has one.
        is_reused: true if the connection carried another request before.
    """

    last_ns: int = 0
    size: int = 0
    start: bytes = b""
    tail: bytes = b""
    first_byte_timeout: asyncio.Timeout | None = None
    first_byte: float = 0.0
    stream: RecordingStream | None = None
    is_reused: bool = False

    async def wait_for_data(self, seconds: float) -> None:
        """Waits for data, but no longer than this."""
        if self.stream is not None:
            await self.stream.look_ahead(seconds)

    def forget(self) -> None:
        """Drops what was read, since a proxy answered it before the connection to the target was open."""
        self.size, self.start, self.tail = 0, b"", b""

    def mark_sent(self) -> None:
        """Starts the deadline for the first byte, since the request is sent."""
        if self.first_byte_timeout is not None and self.size == 0:
            self.first_byte_timeout.reschedule(asyncio.get_running_loop().time() + self.first_byte)

    def add(self, data: bytes) -> None:
        self.last_ns = time.monotonic_ns()
        self.size += len(data)
        self.start += data[: MAX_HEAD_BYTES - len(self.start)]
        self.tail = (self.tail + data)[-MAX_EVIDENCE_BYTES:]


class RecordingStream(httpcore.AsyncNetworkStream):
    """A network stream that adds its reads to the current recording; `number` identifies it."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, number: int) -> None:
        self._stream, self.number = stream, number
        self._ahead = b""
        self._is_used = False

    async def look_ahead(self, seconds: float) -> None:
        """Reads data within this time and keeps it for the next read."""
        with contextlib.suppress(httpcore.ReadTimeout):
            self._ahead += await self.read(MAX_EVIDENCE_BYTES, seconds)

    async def is_reset_within(self, seconds: float) -> bool:
        """True if the peer resets the idle connection within this time; an orderly end is no reset."""
        try:
            await self.look_ahead(seconds)
        except httpcore.ReadError:
            return True
        return False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead, b""
            return data
        data = await self._stream.read(max_bytes, timeout)
        recording = current_recording.get()
        if recording is not None and data:
            recording.add(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        recording = current_recording.get()
        if recording is not None and recording.stream is not self:
            recording.stream, recording.is_reused, self._is_used = self, self._is_used, True
        await self._stream.write(buffer, timeout)
        if recording is not None:
            recording.mark_sent()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        recording = current_recording.get()
        if recording is not None:
            recording.forget()
        return RecordingStream(stream, self.number)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class RecordingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections whose reads are recorded; they are numbered from 1."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()
        self._numbers = itertools.count(1)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        opened = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return RecordingStream(opened, next(self._numbers))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


def failure_from_error(error: BaseException, recording: Recording) -> TransportFailure:
    """The transport failure for an exception, with the text of the peer or the network."""
    text = str(error) or type(error).__name__
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError) and isinstance(error, ssl.SSLError | httpcore.ConnectError):
        kind, text = "tls", certificates.tls_failure_text(cause)
    elif isinstance(error, httpcore.ProxyError):
        kind, text = "connect", f"the proxy opens no connection: {text}"
    elif isinstance(error, httpcore.ConnectError):
        kind = "connect"
    elif isinstance(error, httpcore.WriteTimeout):
        kind = "idle"
    elif isinstance(error, httpcore.RemoteProtocolError):
        kind = "closed" if "disconnected" in text or "peer closed" in text else "protocol"
    elif isinstance(error, httpcore.LocalProtocolError):
        kind = "request"
    else:
        kind = "reset"
    return TransportFailure(kind, text, recording.tail)
