"""The same core as an ASGI application, for other servers and for TLS or HTTP/2."""

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
    """An ASGI application; faults of the framing are not committed here, since the server owns it."""

    def __init__(self, core: Application, clock: Callable[[], float] = time.time) -> None:
        self._core, self._clock = core, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await handle_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        received = request_from_scope(scope, body or b"", self._clock())
        outgoing = self._core.refuse(received, too_large_refusal()) if body is None else self._core.handle(received)
        stayed = False
        try:
            if await self._await_turn(received, outgoing, receive):
                stayed = await send_answer(outgoing, scope["method"], receive, send)
        finally:
            self._core.finish(received, left=not stayed)

    async def _await_turn(self, received: HttpRequest, outgoing: Outgoing, receive: Receive) -> bool:
        """The wait for slot and work: until it is due, or the one before is over; whether the client stayed."""
        if not outgoing.after_s:
            return True
        free = asyncio.Event()
        self._core.state.slots.when_free(received, free.set)
        gone, freed = asyncio.ensure_future(receive()), asyncio.ensure_future(free.wait())
        try:
            await asyncio.wait((gone, freed), timeout=outgoing.after_s, return_when=asyncio.FIRST_COMPLETED)
            return not gone.done()
        finally:
            gone.cancel()
            freed.cancel()


def request_from_scope(scope: Scope, body: bytes, at: float) -> HttpRequest:
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return HttpRequest(scope["method"], path, query, headers, body, at)


async def send_answer(outgoing: Outgoing, method: str, receive: Receive, send: Send) -> bool:
    """Send an answer; whether the client stayed to its end."""
    bare = method == "HEAD" or outgoing.status in STATUSES_WITHOUT_BODY
    if isinstance(outgoing, HttpResponse):
        await send_head(send, outgoing.status, (*outgoing.headers, *length_header(outgoing)))
        await send({"type": "http.response.body", "body": b"" if bare else outgoing.body})
        return True
    await send_head(send, outgoing.status, outgoing.headers)
    return await send_stream(outgoing, receive, send)


def length_header(reply: HttpResponse) -> Headers:
    return () if reply.status in STATUSES_WITHOUT_BODY else (("Content-Length", str(len(reply.body))),)


async def read_body(receive: Receive) -> bytes | None:
    """The body, or nothing where it is too large."""
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


async def send_stream(plan: HttpStream, receive: Receive, send: Send) -> bool:
    """The steps by their deadlines, until the client leaves; whether it stayed."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    gone = asyncio.ensure_future(receive())
    try:
        for step in plan.steps:
            await asyncio.sleep(max(0.0, begun + step.due_s - loop.time()))
            if gone.done():
                return False
            await send({"type": "http.response.body", "body": step.data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return True
    finally:
        gone.cancel()


async def handle_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
