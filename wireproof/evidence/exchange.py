"""An exchange: a request and its response, frozen. Checks read nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from wireproof.evidence.chat_stream import Stream, assemble_stream
from wireproof.formats.content_coding import ContentCoding, NotCoded, find_coding
from wireproof.formats.strict_json import NotJson, parse_json


@dataclass(frozen=True, slots=True)
class Request:
    """One request as sent; a key appears in it as `$NAME`, never as its value.

    Attributes:
        blanks: number of blanks sent after the body; only their count is kept.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    blanks: int = 0

    @property
    def body_with_blanks(self) -> bytes:
        """The body with the blanks after it."""
        return self.body + b" " * self.blanks

    def header(self, name: str) -> str | None:
        """First value of a request header; the name is case-insensitive."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class BodyRead:
    """Bytes of the body from one network read.

    Attributes:
        at_ns: arrival in nanoseconds of the monotonic clock.
        data: the bytes as sent, content coding included.
    """

    at_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """A failure of the transport.

    Attributes:
        kind: connect, tls, request (no request was sent); first-byte, idle, total (a deadline passed);
            protocol (the peer broke HTTP), closed, reset (the peer closed the connection early).
        detail: one sentence.
        evidence: the last raw bytes received.
    """

    kind: str
    detail: str
    evidence: bytes = b""

    @property
    def is_before_request(self) -> bool:
        """True if no request was sent."""
        return self.kind in ("connect", "tls", "request")

    @property
    def is_deadline(self) -> bool:
        """True if a deadline of ours passed."""
        return self.kind in ("first-byte", "idle", "total")

    @property
    def is_by_peer(self) -> bool:
        """True if the peer broke HTTP or closed the connection early."""
        return self.kind in ("protocol", "closed", "reset")


class ResponseMembers(Protocol):
    """A response, complete or partial, with the members that an exchange takes from it."""

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
    reset_after: bool
    reused: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response; times are nanoseconds of one monotonic clock unless stated otherwise.

    Attributes:
        target: name of the target.
        case: name of the case.
        endpoint: endpoint of the request in the contract.
        step: position of the request in its case, from 0.
        status: status of the response; None if no response came.
        headers: response headers in the order of the lines.
        reads: body as the network reads delivered it.
        sent_at: start in Unix seconds.
        started_ns: start.
        headers_ns: arrival of the response head.
        ended_ns: end of the response.
        broken: failure of the transport; None if there was none.
        retries: reason of each repetition of the request.
        attempts: the responses after which the request was repeated, in order.
        truncated: true if the client stopped reading, or decoding, before the end.
        connection: number of the connection in the order of opening; None if it is unknown.
        interim: statuses of the interim responses, such as 100.
        left: true if the client closed the connection early, as the case requires.
        stalled_ns: longest stall of this process; bytes that arrived during it were read at its end.
        cut_before: how an earlier response to the request, sent beside others, broke off; empty if none did.
        reset_after: true if the peer reset the connection right after the whole response.
        reused: true if the connection carried another request before.
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
    attempts: tuple[Exchange, ...] = ()
    cut_before: str = ""
    reset_after: bool = False
    reused: bool = False
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
        attempts: tuple[Exchange, ...] = (),
    ) -> Exchange:
        """Freezes a response together with its request."""
        exchange = cls(
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
            attempts=attempts,
            reset_after=response.reset_after,
            reused=response.reused,
        )
        return replace(exchange, truncated=True) if exchange._is_decoding_cut else exchange

    @property
    def body(self) -> bytes:
        """The whole body without its content coding."""
        body: bytes = self._compute_once("body", lambda: b"".join(self.decoded_reads))
        return body

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become replacement characters."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; raises NotJson with the place of the error."""
        return self._compute_once("json", lambda: parse_json(self.body))

    @property
    def request_json(self) -> Any:
        """The body of the request as JSON; raises NotJson."""
        return self._compute_once("request_json", lambda: parse_json(self.request.body))

    @property
    def stream(self) -> Stream:
        """The body as a decoded event stream, assembled as a client sees it."""
        stream: Stream = self._compute_once("stream", lambda: assemble_stream(self._event_reads()))
        return stream

    @property
    def content_type(self) -> str:
        """Media type of the response in lower case, without parameters; empty if it has none."""
        media_type: str = self._compute_once(
            "type", lambda: (self.header("content-type") or "").partition(";")[0].strip().lower()
        )
        return media_type

    @property
    def is_event_stream(self) -> bool:
        """True if the body is an event stream by its media type, and not one JSON text that is mislabelled."""
        return self.content_type == "text/event-stream" and not self._is_json_text

    @property
    def _is_json_text(self) -> bool:
        if self.body.lstrip()[:1] not in (b"{", b"["):  # no field of an event begins so
            return False
        try:
            return self.json is not None
        except NotJson:
            return False

    @property
    def headers_by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Values of each response header in the order of the lines, by name in lower case."""
        by_name: Mapping[str, tuple[str, ...]] = self._compute_once("by name", lambda: _group_by_name(self.headers))
        return by_name

    @property
    def is_success(self) -> bool:
        """True for a complete response with a 2xx status."""
        return self.broken is None and self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """First value of a response header; the name is case-insensitive."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a response header in the order of the lines."""
        return self.headers_by_name.get(name.lower(), ())

    def _event_reads(self) -> tuple[tuple[int, bytes], ...]:
        return tuple((read.at_ns, data) for read, data in zip(self.reads, self.decoded_reads, strict=True))

    @property
    def decoded_reads(self) -> tuple[bytes, ...]:
        """Decoded bytes of each read; the raw bytes if they are not in the stated coding."""
        raw, coding = tuple(read.data for read in self.reads), self.coding
        try:
            return raw if coding is None else coding.decode(raw).parts
        except NotCoded:
            return raw

    @property
    def is_coding_complete(self) -> bool:
        """True if the body is one complete coded stream without trailing bytes."""
        raw, coding = tuple(read.data for read in self.reads), self.coding
        try:
            return coding is not None and coding.decode(raw).whole
        except NotCoded:
            return False

    @property
    def _is_decoding_cut(self) -> bool:
        """True if the body decodes to more bytes than are decoded."""
        coding = self.coding
        try:
            return coding is not None and coding.decode(tuple(read.data for read in self.reads)).cut
        except NotCoded:
            return False

    @property
    def coding(self) -> ContentCoding | None:
        """The content coding that the response states; None for none and for an unsupported one."""
        return find_coding(self.header("content-encoding"))

    def _compute_once(self, name: str, make: Any) -> Any:
        if name not in self._memo:
            self._memo[name] = make()
        return self._memo[name]


def _group_by_name(lines: Iterable[tuple[bytes, bytes]]) -> Mapping[str, tuple[str, ...]]:
    by_name: dict[str, tuple[str, ...]] = {}
    for name, value in lines:
        key = name.lower().decode("latin-1")
        by_name[key] = (*by_name.get(key, ()), value.decode("latin-1"))
    return by_name


def find_usage(exchange: Exchange) -> Mapping[str, Any]:
    """The usage object of a response or a stream; empty if there is none."""
    try:
        usage = exchange.stream.usage if exchange.is_event_stream else exchange.json["usage"]
    except (NotJson, KeyError, TypeError):
        return {}
    return usage if isinstance(usage, dict) else {}
