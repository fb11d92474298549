"""Records which parts of an exchange a check reads, so that a verdict is reused when a fault changes none of them.

A check that reads one header by name depends on that header alone; a check that reads the header lines depends on all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, overload

from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange

HEADERS_PART, READS_PART = "headers", "reads"
# Fields that any check may read untracked. The request is left out: the header that selects the fault differs.
ALWAYS_READ_FIELDS = (
    "status",
    "http_version",
    "headers_ns",
    "ended_ns",
    "broken",
    "truncated",
    "interim",
    "left",
    "attempts",
    "reset_after",
)


@dataclass(eq=False, slots=True)
class TrackedSequence(Sequence[Any]):
    """The headers or reads of an exchange; records that they are read."""

    name: str
    items: Sequence[Any]
    seen: set[str] = field(default_factory=set)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        self.seen.add(self.name)
        return self.items[at]

    def __iter__(self) -> Iterator[Any]:
        self.seen.add(self.name)
        return iter(self.items)

    def __len__(self) -> int:
        self.seen.add(self.name)
        return len(self.items)


@dataclass(frozen=True, slots=True)
class TrackedExchange(Exchange):
    """An exchange that records the names of the headers that are read."""

    plain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a response header; records its name."""
        self.seen.add(_header_part(name))
        return self.plain.get(name.lower(), ())


def track_access(sent: CaseResult, seen: set[str]) -> CaseResult:
    """The same result; parts that are read are added to `seen`: the headers, a header by name, or the reads."""
    if not isinstance(sent, tuple):
        return sent
    return tuple(_track_exchange(exchange, seen) for exchange in sent)


def track_truncated(sent: tuple[Exchange, ...], seen: set[str]) -> tuple[Exchange, ...]:
    """The same exchanges; parts that are read of truncated ones are added to `seen`."""
    return tuple(_track_exchange(exchange, seen) if exchange.truncated else exchange for exchange in sent)


def _track_exchange(exchange: Exchange, seen: set[str]) -> Exchange:
    parts: dict[str, Any] = {member.name: getattr(exchange, member.name) for member in fields(Exchange) if member.init}
    parts[HEADERS_PART], parts[READS_PART] = (
        TrackedSequence(HEADERS_PART, exchange.headers, seen),
        TrackedSequence(READS_PART, exchange.reads, seen),
    )
    return TrackedExchange(**parts, plain=exchange.headers_by_name, seen=seen)


def changed_parts(before: CaseResult, after: CaseResult) -> frozenset[str] | None:
    """The parts that differ: headers, headers by name, reads; None if anything else differs."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    pairs = list(zip(before, after, strict=True))
    if any(getattr(old, name) != getattr(new, name) for old, new in pairs for name in ALWAYS_READ_FIELDS):
        return None
    names = (HEADERS_PART, READS_PART)
    parts = {name for name in names if any(getattr(old, name) != getattr(new, name) for old, new in pairs)}
    return frozenset(parts.union(*(_changed_headers(old, new) for old, new in pairs)))


def _changed_headers(before: Exchange, after: Exchange) -> set[str]:
    """Parts for the headers whose values differ."""
    if before.headers == after.headers:
        return set()
    old, new = before.headers_by_name, after.headers_by_name
    return {_header_part(name) for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def _header_part(name: str) -> str:
    return f"{HEADERS_PART}: {name.lower()}"
