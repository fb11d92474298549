"""The response to one request while it arrives."""

from __future__ import annotations

from dataclasses import dataclass, field

from wireproof.evidence.exchange import BodyRead, TransportFailure
from wireproof.formats.sse import Decoder

# Statuses after which a client retries later (RFC 6585 section 4; RFC 9110 section 15.6.4).
RETRY_LATER_STATUSES = (429, 503)


@dataclass(slots=True)
class PartialResponse:
    """The response to one request, as far as it arrived; the members are those of `Exchange`."""

    sent_at: float
    started_ns: int
    status: int | None = None
    http_version: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    headers_ns: int | None = None
    reads: list[BodyRead] = field(default_factory=list)
    ended_ns: int | None = None
    broken: TransportFailure | None = None
    truncated: bool = False
    connection: int | None = None
    interim: tuple[int, ...] = ()
    left: bool = False
    stalled_ns: int = 0
    reset_after: bool = False
    reused: bool = False

    def add_read(self, at_ns: int, part: bytes) -> None:
        """Adds a part of the body; parts of one network read are joined."""
        if self.reads and self.reads[-1].at_ns == at_ns:
            self.reads[-1] = BodyRead(at_ns, self.reads[-1].data + part)
        else:
            self.reads.append(BodyRead(at_ns, part))

    @property
    def event_count(self) -> int:
        """Number of complete events of a stream."""
        decoder = Decoder()
        for read in self.reads:
            decoder.feed(read.data, read.at_ns)
        return len(decoder.events)

    @property
    def is_empty(self) -> bool:
        """True if no byte arrived."""
        return self.status is None and (self.broken is None or not self.broken.evidence)
