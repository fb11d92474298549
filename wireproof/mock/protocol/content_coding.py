"""The coding of a body that a client may ask for."""

from __future__ import annotations

from wireproof.formats.content_coding import CODINGS
from wireproof.mock.protocol.messages import Headers, HttpRequest


def choose_coding(received: HttpRequest) -> str | None:
    """The coding of the answer: one that the client gives a weight; None where it names none of ours."""
    given = (received.header("accept-encoding") or "").lower().replace(" ", "")
    weights = dict(coding.partition(";q=")[::2] for coding in given.split(","))
    taken = {name for name, weight in weights.items() if weight == "" or weight.strip("0.") != ""}
    return next((name for name in CODINGS if name in taken), None)


def coding_headers(coding: str) -> Headers:
    """The headers of an answer in a coding."""
    return (("Content-Encoding", coding), ("Vary", "Accept-Encoding"))


def encode_content(headers: Headers, body: bytes) -> bytes:
    """The body in the coding that the headers name."""
    named = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    return CODINGS[named].compress(body) if named in CODINGS else body
