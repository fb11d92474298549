"""The coding of a body that a client may ask for."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping

from wireproof.mock.message import Headers, Received

# The one that is wanted most comes first. Without the time, which would make two alike answers differ.
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
}


def coding_for(received: Received) -> str | None:
    """The coding of the answer: one that the client gives a weight; None where it names none of ours."""
    given = (received.header("accept-encoding") or "").lower().replace(" ", "")
    weights = dict(coding.partition(";q=")[::2] for coding in given.split(","))
    taken = {name for name, weight in weights.items() if weight == "" or weight.strip("0.") != ""}
    return next((name for name in PACKERS if name in taken), None)


def coded(coding: str) -> Headers:
    """The headers of an answer in a coding."""
    return (("Content-Encoding", coding), ("Vary", "Accept-Encoding"))


def packed(headers: Headers, body: bytes) -> bytes:
    """The body in the coding that the headers name."""
    named = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    return PACKERS[named](body) if named in PACKERS else body
