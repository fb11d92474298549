"""The reference server as an ASGI application, for other servers and for TLS or HTTP/2."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wireproof.mock.application import Application
from wireproof.mock.http.http_connection import MAX_READ_BYTES
from wireproof.mock.protocol.messages import Headers, HttpRequest, HttpResponse, HttpStream, Outgoing
from wireproof.mock.protocol.response_head import STATUSES_WITHOUT_BODY
from wireproof.mock.provider.body_validation import too_large_refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiApplication:
    """An ASGI application; faults of the framing have no effect here, since the ASGI server frames the bytes."""

    def __init__(self, core: Application, clock: Callable[[], float] = time.time) -> None:
        self._core, self._clock = core, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await handle_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        request = request_from_scope(scope, body or b"", self._clock())
        outgoing = self._core.refuse(request, too_large_refusal()) if body is None else self._core.handle(request)
        is_complete = False
        try:
            if await self._await_start(request, outgoing, receive):
                is_complete = await send_answer(outgoing, scope["method"], receive, send)
        finally:
            self._core.finish(request, left=not is_complete)

    async def _await_start(self, request: HttpRequest, outgoing: Outgoing, receive: Receive) -> bool:
        """Waits until the answer is due, or the answer before it in the slot ends.

        Returns False if the client leaves first.
        """
        if not outgoing.after_s:
            return True
        slot_free = asyncio.Event()
        self._core.state.slots.when_free(request, slot_free.set)
        disconnect, slot_wait = asyncio.ensure_future(receive()), asyncio.ensure_future(slot_free.wait())
        try:
            await asyncio.wait((disconnect, slot_wait), timeout=outgoing.after_s, return_when=asyncio.FIRST_COMPLETED)
            return not disconnect.done()
        finally:
            disconnect.cancel()
            slot_wait.cancel()


def request_from_scope(scope: Scope, body: bytes, at: float) -> HttpRequest:
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return HttpRequest(scope["method"], path, query, headers, body, at)


async def send_answer(outgoing: Outgoing, method: str, receive: Receive, send: Send) -> bool:
    """Sends an answer; returns False if the client leaves before its end."""
    has_no_body = method == "HEAD" or outgoing.status in STATUSES_WITHOUT_BODY
    if isinstance(outgoing, HttpResponse):
        await send_head(send, outgoing.status, (*outgoing.headers, *length_header(outgoing)))
        await send({"type": "http.response.body", "body": b"" if has_no_body else outgoing.body})
        return True
    await send_head(send, outgoing.status, outgoing.headers)
    return await send_stream(outgoing, receive, send)


def length_header(response: HttpResponse) -> Headers:
    return () if response.status in STATUSES_WITHOUT_BODY else (("Content-Length", str(len(response.body))),)


async def read_body(receive: Receive) -> bytes | None:
    """Returns the body of the request; None if it is too large."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if sum(map(len, parts)) > MAX_READ_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def send_head(send: Send, status: int, headers: Headers) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def send_stream(stream: HttpStream, receive: Receive, send: Send) -> bool:
    """Sends the steps at their deadlines; returns False if the client leaves before the end."""
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    disconnect = asyncio.ensure_future(receive())
    try:
        for step in stream.steps:
            await asyncio.sleep(max(0.0, started_at + step.due_s - loop.time()))
            if disconnect.done():
                return False
            await send({"type": "http.response.body", "body": step.data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return True
    finally:
        disconnect.cancel()


async def handle_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
