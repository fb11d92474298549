"""The coding of a body that a client may ask for."""

from __future__ import annotations

import gzip

from wireproof.mock.message import Headers, Received

GZIPPED: Headers = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))


def takes_gzip(received: Received) -> bool:
    """Whether the client names gzip among the codings it takes, at a weight above nothing."""
    given = (received.header("accept-encoding") or "").lower().replace(" ", "")
    weights = dict(coding.partition(";q=")[::2] for coding in given.split(","))
    weight = weights.get("gzip", "0")
    return weight == "" or weight.strip("0.") != ""


def packed(headers: Headers, body: bytes) -> bytes:
    """The body in the coding that the headers name."""
    # Without the time, which would make two alike answers differ.
    named = any(name.lower() == "content-encoding" and value == "gzip" for name, value in headers)
    return gzip.compress(body, mtime=0) if named else body
