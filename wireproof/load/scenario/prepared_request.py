"""A case made ready to be asked many times: its bytes as they go over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from wireproof.client import request_builder
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.load.scenario.early_disconnect import EarlyDisconnect


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One request, whole.

    Attributes:
        name: what its figures stand under.
        leave: when a client goes early.
        nonce: the word of its own that its answer is asked to say.
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
        """What is sent behind the headers."""
        return self.wire.partition(b"\r\n\r\n")[2]


def prepare(name: str, case: Case, target: Target) -> PreparedRequest:
    """The last request of a case, as this target is asked it.

    Raises CannotSend where the target lacks the model or the key that it needs.
    """
    ask = case.asks[-1]
    outgoing = request_builder.build_request(ask, target, case.name, {})
    shown, place = outgoing.shown, urlsplit(outgoing.shown.url)
    path = place.path + (f"?{place.query}" if place.query else "")
    lines = [
        f"{shown.method} {path} HTTP/1.1",
        f"Host: {place.netloc}",
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
