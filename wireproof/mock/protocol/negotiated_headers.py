"""The headers of an answer that depend on those of its request: content coding and CORS."""

from __future__ import annotations

from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.coded_bodies import choose_coding, coding_headers
from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.protocol.response_head import STATUSES_WITHOUT_BODY

CORS_HEADERS: Headers = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))


def headers_asked_for(request: HttpRequest, answer: Answer) -> Headers:
    """Returns the headers that the headers of the request ask for."""
    # Streams are sent without a coding, which could hold their events back.
    coding = (
        choose_coding(request)
        if isinstance(answer, PlainAnswer) and answer.status not in STATUSES_WITHOUT_BODY
        else None
    )
    # The answer to OPTIONS has CORS headers of its own.
    is_cross_origin = request.method != "OPTIONS" and request.header("origin") is not None
    return (*(coding_headers(coding) if coding else ()), *(CORS_HEADERS if is_cross_origin else ()))
