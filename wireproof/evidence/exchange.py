"""An exchange: what was sent and what came back, frozen. Checks read nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from wireproof.evidence.chat_stream import Stream, assemble_stream
from wireproof.formats.content_coding import ContentCoding, NotCoded, find_coding
from wireproof.formats.strict_json import NotJson, parse_json


@dataclass(frozen=True, slots=True)
class Request:
    """One request as sent; a key stands in it as `$NAME`, never as itself.

    Attributes:
        blanks: how many blanks followed the body; they say nothing and are not kept.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    blanks: int = 0

    @property
    def body_with_blanks(self) -> bytes:
        """The body with the blanks that follow it."""
        return self.body + b" " * self.blanks

    def header(self, name: str) -> str | None:
        """The first value of a request header, by name without regard to case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class BodyRead:
    """Bytes of the body as one network read delivered them, with the arrival in monotonic nanoseconds."""

    at_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """How the transport broke.

    Attributes:
        kind: connect, tls, request (we could not ask); first-byte, idle, total (a deadline passed);
            protocol (the peer broke HTTP), closed, reset (the peer left early).
        detail: one sentence.
        evidence: the last raw bytes that came.
    """

    kind: str
    detail: str
    evidence: bytes = b""

    @property
    def is_before_request(self) -> bool:
        """No request arrived: we could not ask."""
        return self.kind in ("connect", "tls", "request")

    @property
    def is_by_peer(self) -> bool:
        """The peer broke HTTP or left early."""
        return self.kind in ("protocol", "closed", "reset")


class ResponseMembers(Protocol):
    """A response as far as it came, each member as in the exchange that is made of it."""

    status: int | None
    http_version: str
    headers: tuple[tuple[bytes, bytes], ...]
    reads: list[BodyRead]
    sent_at: float
    started_ns: int
    headers_ns: int | None
    ended_ns: int | None
    broken: TransportFailure | None
    truncated: bool
    connection: int | None
    interim: tuple[int, ...]
    left: bool
    stalled_ns: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and all that came of it; times are nanoseconds of one monotonic clock.

    Attributes:
        connection: which connection carried it, numbered in the order of their opening; None where none is told.
        interim: the statuses of the answers before the final one, such as 100.
        left: the client left before the end, as the case says.
        stalled_ns: the longest time in which we were not awake ourselves; what came meanwhile was read at its end.
    """

    target: str
    case: str
    endpoint: str
    step: int
    request: Request
    status: int | None = None
    http_version: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    reads: tuple[BodyRead, ...] = ()
    sent_at: float = 0.0
    started_ns: int = 0
    headers_ns: int | None = None
    ended_ns: int | None = None
    broken: TransportFailure | None = None
    retries: tuple[str, ...] = ()
    truncated: bool = False
    connection: int | None = None
    interim: tuple[int, ...] = ()
    left: bool = False
    stalled_ns: int = 0
    _memo: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_response(
        cls,
        response: ResponseMembers,
        request: Request,
        *,
        target: str,
        case: str,
        endpoint: str,
        step: int = 0,
        retries: tuple[str, ...] = (),
    ) -> Exchange:
        """Freeze a response together with its request."""
        return cls(
            target=target,
            case=case,
            endpoint=endpoint,
            step=step,
            request=request,
            status=response.status,
            http_version=response.http_version,
            headers=response.headers,
            reads=tuple(response.reads),
            sent_at=response.sent_at,
            started_ns=response.started_ns,
            headers_ns=response.headers_ns,
            ended_ns=response.ended_ns,
            broken=response.broken,
            retries=retries,
            truncated=response.truncated,
            connection=response.connection,
            interim=response.interim,
            left=response.left,
            stalled_ns=response.stalled_ns,
        )

    @property
    def body(self) -> bytes:
        """The whole body, its content coding removed."""
        body: bytes = self._compute_once("body", lambda: b"".join(self.decoded_reads))
        return body

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 show as replacement characters."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; raises NotJson with the place where it stops being that."""
        return self._compute_once("json", lambda: parse_json(self.body))

    @property
    def request_json(self) -> Any:
        """The body of the request as JSON; raises NotJson."""
        return self._compute_once("asked", lambda: parse_json(self.request.body))

    @property
    def stream(self) -> Stream:
        """The body read as an event stream and assembled into what a client would see."""
        stream: Stream = self._compute_once("stream", lambda: assemble_stream(self._event_reads()))
        return stream

    @property
    def content_type(self) -> str:
        """The media type of the answer in lower case, without parameters; empty where none was sent."""
        found: str = self._compute_once(
            "type", lambda: (self.header("content-type") or "").partition(";")[0].strip().lower()
        )
        return found

    @property
    def headers_by_name(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each response header in the order of the lines, by name in lower case."""
        found: Mapping[str, tuple[str, ...]] = self._compute_once("by name", lambda: _group_by_name(self.headers))
        return found

    @property
    def is_success(self) -> bool:
        """A whole answer with a status of success came."""
        return self.broken is None and self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The first value of a response header, by name without regard to case."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a response header in the order of the lines."""
        return self.headers_by_name.get(name.lower(), ())

    def _event_reads(self) -> tuple[tuple[int, bytes], ...]:
        return tuple((read.at_ns, data) for read, data in zip(self.reads, self.decoded_reads, strict=True))

    @property
    def decoded_reads(self) -> tuple[bytes, ...]:
        """What each read brings, the content coding removed."""
        raw, coding = tuple(read.data for read in self.reads), self.coding
        try:
            return raw if coding is None else coding.decode(raw).parts
        except NotCoded:
            return raw

    @property
    def is_coding_complete(self) -> bool:
        """The body is one whole text of the content coding that it claims, with nothing behind it."""
        raw, coding = tuple(read.data for read in self.reads), self.coding
        try:
            return coding is not None and coding.decode(raw).whole
        except NotCoded:
            return False

    @property
    def coding(self) -> ContentCoding | None:
        """The content coding that the response claims; None for none that is known."""
        return find_coding(self.header("content-encoding"))

    def _compute_once(self, name: str, make: Any) -> Any:
        if name not in self._memo:
            self._memo[name] = make()
        return self._memo[name]


def _group_by_name(lines: Iterable[tuple[bytes, bytes]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in lines:
        known = name.lower().decode("latin-1")
        found[known] = (*found.get(known, ()), value.decode("latin-1"))
    return found


def find_usage(exchange: Exchange) -> Mapping[str, Any]:
    """The usage object of an answer or a stream; empty where there is none."""
    try:
        usage = exchange.stream.usage if exchange.content_type == "text/event-stream" else exchange.json["usage"]
    except (NotJson, KeyError, TypeError):
        return {}
    return usage if isinstance(usage, dict) else {}
