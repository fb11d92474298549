"""What an answer owes to the headers of its request: a coding, and leave for a browser to read it."""

from __future__ import annotations

from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.content_coding import choose_coding, coding_headers
from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.protocol.response_head import STATUSES_WITHOUT_BODY

CORS_HEADERS: Headers = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))


def headers_asked_for(received: HttpRequest, answer: Answer) -> Headers:
    """The headers that the request's own ask for."""
    # A stream stays as it is: a coding could hold its events back.
    coding = (
        choose_coding(received)
        if isinstance(answer, PlainAnswer) and answer.status not in STATUSES_WITHOUT_BODY
        else None
    )
    # The answer to OPTIONS says itself what a browser may do.
    read = received.method != "OPTIONS" and received.header("origin") is not None
    return (*(coding_headers(coding) if coding else ()), *(CORS_HEADERS if read else ()))
