"""Sends a request body: at once, in chunks, or after the server sends 100 (Continue)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from wireproof.client.recording_transport import Recording
from wireproof.evidence.exchange import Request

# As curl does: without a 100 in this time the body is sent anyway (RFC 9110 section 10.1.1).
CONTINUE_WAIT_S = 1.0


def length_headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """The Content-Length header, if httpx does not set it itself."""
    if not waits_for_continue(request) or is_chunked(request):
        return ()
    return ((b"Content-Length", str(len(request.body_with_blanks)).encode()),)


def body_content(request: Request, recording: Recording) -> AsyncIterator[bytes] | bytes | None:
    """The body for httpx: parts if it is chunked or waits for 100, else all bytes."""
    if is_chunked(request) or waits_for_continue(request):
        return _body_parts(request, recording)
    return request.body_with_blanks or None


def is_chunked(request: Request) -> bool:
    """True if the request has the chunked transfer coding."""
    return (request.header("Transfer-Encoding") or "").lower() == "chunked"


def waits_for_continue(request: Request) -> bool:
    """True if the request expects 100 (Continue) before its body."""
    return (request.header("Expect") or "").lower() == "100-continue"


async def _body_parts(request: Request, recording: Recording) -> AsyncIterator[bytes]:
    if waits_for_continue(request):
        await recording.wait_for_data(CONTINUE_WAIT_S)
    half = len(request.body_with_blanks) // 2
    for part in (request.body_with_blanks[:half], request.body_with_blanks[half:]):
        if part:
            yield part
