"""The content coding of a body, as the client negotiates it (RFC 9110 section 12.5.3)."""

from __future__ import annotations

from wireproof.formats.content_coding import CODINGS
from wireproof.mock.protocol.messages import Headers, HttpRequest


def choose_coding(request: HttpRequest) -> str | None:
    """Returns the first known coding that Accept-Encoding gives a weight above 0; None if there is none."""
    accepted = (request.header("accept-encoding") or "").lower().replace(" ", "")
    weights = dict(item.partition(";q=")[::2] for item in accepted.split(","))
    names = {name for name, weight in weights.items() if weight == "" or weight.strip("0.") != ""}
    return next((name for name in CODINGS if name in names), None)


def coding_headers(coding: str) -> Headers:
    """The headers of an answer in this coding."""
    return (("Content-Encoding", coding), ("Vary", "Accept-Encoding"))


def encode_content(headers: Headers, body: bytes) -> bytes:
    """Returns the body in the coding that the headers name; unchanged if they name none."""
    coding = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    return CODINGS[coding].compress(body) if coding in CODINGS else body
