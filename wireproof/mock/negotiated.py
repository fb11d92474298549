"""What an answer owes to the headers of its request: a coding, and leave for a browser to read it."""

from __future__ import annotations

from wireproof.mock.coding import GZIPPED, takes_gzip
from wireproof.mock.head import BODILESS
from wireproof.mock.message import Headers, Received
from wireproof.mock.said import Answer, Said

READABLE: Headers = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))


def agreed(received: Received, answer: Answer) -> Headers:
    """The headers that the request's own ask for."""
    # A stream stays as it is: a coding could hold its events back.
    coded = isinstance(answer, Said) and answer.status not in BODILESS and takes_gzip(received)
    # The answer to OPTIONS says itself what a browser may do.
    read = received.method != "OPTIONS" and received.header("origin") is not None
    return (*(GZIPPED if coded else ()), *(READABLE if read else ()))
