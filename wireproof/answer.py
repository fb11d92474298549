"""What came back for one request, before it is frozen into an exchange."""

from __future__ import annotations

from dataclasses import dataclass, field

from wireproof.exchange import Break, Read


@dataclass(slots=True)
class Answer:
    """What came back for one request, as far as it came."""

    sent_at: float
    started_ns: int
    status: int | None = None
    http_version: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    headers_ns: int | None = None
    reads: list[Read] = field(default_factory=list)
    ended_ns: int | None = None
    broken: Break | None = None
    truncated: bool = False
    connection: int | None = None
    interim: tuple[int, ...] = ()
    left: bool = False

    @property
    def silent(self) -> bool:
        """Not one byte came."""
        return self.status is None and (self.broken is None or not self.broken.evidence)
