"""The HTTP client, on an httpx transport that records every network read.

httpx alone hides the raw bytes and reports broken framing as an exception without evidence. Here each socket read is
kept with its time, up to a limit, and broken HTTP is recorded as a failure of the peer with its bytes. Only a failed
connection means that nothing was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import ssl
import time
from collections.abc import AsyncIterator
from functools import cache
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from wireproof import __version__
from wireproof.client import request_body
from wireproof.client.loop_lag import LoopLag
from wireproof.client.partial_response import PartialResponse
from wireproof.client.recording_transport import Recording, RecordingBackend, current_recording, failure_from_error
from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract import certificates
from wireproof.contract.target import Deadlines, Network
from wireproof.evidence.exchange import TransportFailure
from wireproof.formats.answer_bounds import MAX_BODY_BYTES
from wireproof.formats.http_framing import has_surplus_bytes, interim_statuses

# The time in which a server resets a connection after an answer, if it does.
RESET_WITHIN_S = 0.1


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """The trusted certificate authorities; cached, since loading them is slow."""
    return httpx.create_ssl_context()


@cache
def tls_context(network: Network) -> ssl.SSLContext:
    """The TLS settings of connections to a target; cached, since loading authorities is slow."""
    if network.ca_file is None and network.client_cert is None:
        return _trusted_authorities()
    ca_file = network.ca_file
    context = httpx.create_ssl_context() if ca_file is None else ssl.create_default_context(cafile=ca_file)
    if network.client_cert is not None:
        certificates.load_client_cert(context, network.client_cert, network.client_key)
    return context


def _proxy(network: Network) -> httpcore.Proxy | None:
    if network.proxy is None:
        return None
    parts = urlsplit(network.proxy)
    credentials = (unquote(parts.username or ""), unquote(parts.password or ""))
    return httpcore.Proxy(network.proxy_address or "", auth=credentials if any(credentials) else None)


class RecordingTransport(httpx.AsyncBaseTransport):
    """The httpx transport over a connection pool whose network backend records reads."""

    def __init__(self, connections: int, verify: ssl.SSLContext, proxy: httpcore.Proxy | None = None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            proxy=proxy,
            max_connections=connections,
            max_keepalive_connections=connections,
            network_backend=RecordingBackend(),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; exceptions of httpcore pass through."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        outgoing = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = await self._pool.handle_async_request(outgoing)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()


class HttpClient:
    """Connections to one target.

    After an answer with a status of 500 or above, a reset of the connection is awaited; with `watches_connections`
    after every answer. Without it, no other request follows a refusal over its connection.
    """

    def __init__(
        self,
        connections: int,
        deadlines: Deadlines,
        network: Network = Network(),  # noqa: B008  (it is frozen)
        *,
        watches_connections: bool = False,
    ) -> None:
        self._deadlines, self._network, self._loop_lag = deadlines, network, LoopLag()
        self._watches_connections = watches_connections
        self._transport = RecordingTransport(connections, tls_context(network), _proxy(network))
        # It only builds requests. Sending by it would store the cookies of answers for later requests, where no
        # evidence shows them, and read the Location of a redirection, which need not be an address.
        self._client = httpx.AsyncClient(
            transport=self._transport,
            headers={
                "User-Agent": f"wireproof/{__version__}",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
            },
            trust_env=False,
        )

    async def __aenter__(self) -> HttpClient:
        await self._loop_lag.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._loop_lag.__aexit__(kind, error, trace)
        await self._client.aclose()

    @contextlib.asynccontextmanager
    async def own_connections(self, connections: int) -> AsyncIterator[HttpClient]:
        """Opens further connections to the same target, used by the caller alone."""
        async with HttpClient(connections, self._deadlines, self._network, watches_connections=True) as client:
            yield client

    def with_deadlines(self, deadlines: Deadlines) -> HttpClient:
        """The same connections with other deadlines."""
        other = copy.copy(self)
        other._deadlines = deadlines
        return other

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Sends one request and reads the response within the deadlines; failures of the peer do not raise."""
        recording = Recording(first_byte=self._deadlines.first_byte)
        token = current_recording.set(recording)
        answer = PartialResponse(sent_at=time.time(), started_ns=time.monotonic_ns())
        try:
            async with asyncio.timeout(self._deadlines.total):
                await self._send_until_disconnect(outgoing, answer, recording)
        except TimeoutError:
            answer.broken = TransportFailure(
                "total", f"no end of the answer within {self._deadlines.total:g} s", recording.tail
            )
        except httpcore.ConnectTimeout:
            within = f"the connection was not open within {self._deadlines.connect:g} s"
            answer.broken = TransportFailure("connect", f"{within}; allow more time with --deadline connect=SECONDS")
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.ProxyError,
            ssl.SSLError,
            OSError,
        ) as error:
            answer.broken = failure_from_error(error, recording)
        finally:
            current_recording.reset(token)
        if answer.broken is not None and not recording.start.startswith(b"HTTP/1."[: len(recording.start)]):
            answer.broken = TransportFailure(
                "protocol", "the bytes received are not an HTTP/1.1 response", recording.tail
            )
        answer.ended_ns = answer.ended_ns or time.monotonic_ns()
        answer.stalled_ns = self._loop_lag.longest_stall_ns(answer.started_ns, answer.ended_ns)
        answer.interim = interim_statuses(recording.start)
        answer.connection = recording.stream.number if recording.stream is not None else None
        answer.reused = recording.is_reused
        return answer

    async def _send_until_disconnect(
        self, outgoing: OutgoingRequest, answer: PartialResponse, recording: Recording
    ) -> None:
        """Sends the request; closes the connection when the client's own time limit passes."""
        time_limit = asyncio.timeout(outgoing.leave_in)
        try:
            async with time_limit:
                await self._send_and_read(outgoing, answer, recording)
        except TimeoutError:
            if not time_limit.expired():
                raise
            answer.left = answer.truncated = True

    async def _send_and_read(self, outgoing: OutgoingRequest, answer: PartialResponse, recording: Recording) -> None:
        limits = self._deadlines
        shown = outgoing.shown
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers]
        headers += request_body.length_headers(shown)
        content = request_body.body_content(shown, recording)
        request = self._client.build_request(shown.method, shown.url, headers=headers, content=content)
        request.extensions["timeout"] = {
            "connect": limits.connect,
            "pool": None,
            "read": None,
            "write": limits.idle,
        }
        try:
            async with asyncio.timeout(limits.connect + limits.first_byte) as recording.first_byte_timeout:
                response = await self._transport.handle_async_request(request)
                response.request = request
        except TimeoutError:
            answer.broken = TransportFailure("first-byte", f"no answer within {limits.first_byte:g} s", recording.tail)
            return
        answer.status = response.status_code
        answer.http_version = response.http_version
        answer.headers = tuple(response.headers.raw)
        answer.headers_ns = recording.last_ns
        await self._read_body(response, answer, recording, outgoing)

    async def _read_body(
        self, response: httpx.Response, answer: PartialResponse, recording: Recording, outgoing: OutgoingRequest
    ) -> None:
        size = 0
        # Unlike `aiter_raw`, the stream leaves the connection with this request until the response is closed.
        assert isinstance(response.stream, httpx.AsyncByteStream)
        parts = aiter(response.stream)
        try:
            while True:
                try:
                    async with asyncio.timeout(self._deadlines.idle):
                        part = await anext(parts)
                except StopAsyncIteration:
                    answer.ended_ns = time.monotonic_ns()
                    answer.broken = _surplus_failure(response, recording)
                    answer.reset_after = await self._is_reset_after(answer, recording)
                    break
                except TimeoutError:
                    detail = f"no bytes for {self._deadlines.idle:g} s inside the body"
                    answer.broken = TransportFailure("idle", detail, recording.tail)
                    break
                size += len(part)
                if size > MAX_BODY_BYTES:
                    answer.truncated = True
                    break
                answer.add_read(recording.last_ns, part)
                if outgoing.leave_after is not None and answer.event_count >= outgoing.leave_after:
                    answer.left = answer.truncated = True
                    break
        finally:
            if self._is_left_after(answer) and recording.stream is not None:
                await recording.stream.aclose()
            await _close_response(response, answer)

    def _is_left_after(self, answer: PartialResponse) -> bool:
        """True if no other request is to follow an answer over its connection.

        A server that refuses a request and leaves its body unread takes the rest of it for the next request, which
        would then be refused for no fault of its own. A case about that has connections of its own.
        """
        is_refusal = answer.status is not None and 400 <= answer.status < 500
        return is_refusal and not self._watches_connections

    async def _is_reset_after(self, answer: PartialResponse, recording: Recording) -> bool:
        """True if the peer resets the connection right after a whole answer."""
        is_watched = self._watches_connections or (answer.status or 0) >= 500
        if not is_watched or answer.broken is not None or recording.stream is None:
            return False
        return await recording.stream.is_reset_within(RESET_WITHIN_S)


def _surplus_failure(response: httpx.Response, recording: Recording) -> TransportFailure | None:
    has_surplus = has_surplus_bytes(
        recording.start,
        recording.tail,
        recording.size,
        method=response.request.method,
        status=response.status_code,
        headers=response.headers.raw,
    )
    return (
        TransportFailure("protocol", "more bytes followed the end of the response", recording.tail)
        if has_surplus
        else None
    )


async def _close_response(response: httpx.Response, answer: PartialResponse) -> None:
    stream = response.extensions.get("network_stream")
    # After a failure the state of the connection is unknown; the next request gets a fresh one.
    unusable = response.status_code >= 500 or answer.broken is not None or answer.left
    if unusable and stream is not None:
        await stream.aclose()
    await response.aclose()
