"""What an answer owes to the headers of its request: a coding, and leave for a browser to read it."""

from __future__ import annotations

from wireproof.mock.protocol.answers import Answer, Said
from wireproof.mock.protocol.content_coding import coded, coding_for
from wireproof.mock.protocol.messages import Headers, Received
from wireproof.mock.protocol.response_head import BODILESS

READABLE: Headers = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))


def agreed(received: Received, answer: Answer) -> Headers:
    """The headers that the request's own ask for."""
    # A stream stays as it is: a coding could hold its events back.
    coding = coding_for(received) if isinstance(answer, Said) and answer.status not in BODILESS else None
    # The answer to OPTIONS says itself what a browser may do.
    read = received.method != "OPTIONS" and received.header("origin") is not None
    return (*(coded(coding) if coding else ()), *(READABLE if read else ()))
