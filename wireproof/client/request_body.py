"""The body of a request on its way: whole, in chunks, or only when the server says to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from wireproof.client.recording_transport import Recording
from wireproof.evidence.exchange import Request

# What curl waits: a server that says nothing gets the body all the same (RFC 9110, 10.1.1).
CONTINUE_WAIT_S = 1.0


def length_headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """The length that has to be stated where the body does not show it by itself."""
    if not waits_for_continue(request) or is_chunked(request):
        return ()
    return ((b"Content-Length", str(len(request.body_with_blanks)).encode()),)


def body_content(request: Request, recording: Recording) -> AsyncIterator[bytes] | bytes | None:
    """The body as the client takes it: parts where it is sent in chunks or waits, else all of it at once."""
    if is_chunked(request) or waits_for_continue(request):
        return _body_parts(request, recording)
    return request.body_with_blanks or None


def is_chunked(request: Request) -> bool:
    """Whether the request says that its body comes in chunks."""
    return (request.header("Transfer-Encoding") or "").lower() == "chunked"


def waits_for_continue(request: Request) -> bool:
    """Whether the request asks to be told to go on before it sends its body."""
    return (request.header("Expect") or "").lower() == "100-continue"


async def _body_parts(request: Request, recording: Recording) -> AsyncIterator[bytes]:
    if waits_for_continue(request):
        await recording.wait_for_data(CONTINUE_WAIT_S)
    half = len(request.body_with_blanks) // 2
    for part in (request.body_with_blanks[:half], request.body_with_blanks[half:]):
        if part:
            yield part
