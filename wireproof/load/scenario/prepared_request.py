"""A case that is prepared for sending it many times: its bytes as they go over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from wireproof.client import request_builder
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.load.scenario.early_disconnect import EarlyDisconnect


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One request with its bytes.

    Attributes:
        name: the name of its case, under which its figures are counted.
        wire: the bytes of the request line, the headers and the body.
        token_cap: the most output tokens that its response may have.
        leave: the moment at which the client leaves the stream; None if it reads to the end.
        nonce: the unique word that it asks the response to contain; empty if it asks for none.
    """

    name: str
    endpoint: str
    method: str
    streams: bool
    wire: bytes
    token_cap: int = 0
    leave: EarlyDisconnect | None = None
    nonce: str = ""

    @property
    def body(self) -> bytes:
        """The bytes after the headers."""
        return self.wire.partition(b"\r\n\r\n")[2]


def prepare(name: str, case: Case, target: Target) -> PreparedRequest:
    """Prepares the last request of a case for a target.

    Raises CannotSend if the target lacks the model or the key that the request needs.
    """
    spec = case.asks[-1]
    outgoing = request_builder.build_request(spec, target, case.name, {})
    shown, url = outgoing.shown, urlsplit(outgoing.shown.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    lines = [
        f"{shown.method} {path} HTTP/1.1",
        f"Host: {url.netloc}",
        "User-Agent: wireproof-load",
        "Accept-Encoding: identity",
        *(f"{key}: {value}" for key, value in outgoing.headers),
    ]
    if shown.body or shown.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(shown.body)}")
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    return PreparedRequest(
        name, case.endpoint, shown.method, case.kind == "stream", head + shown.body, case.token_ceiling
    )
