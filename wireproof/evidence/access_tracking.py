"""What of an exchange a judgement regards: where a fault leaves that as it was, the verdict stays as it was.

A judgement that asks for one header by its name regards no other; one that looks at the lines regards them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, overload

from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange

HEADERS_PART, READS_PART = "headers", "reads"
# What every judgement may depend on beside these; the request differs by the header that asks for the fault.
ALWAYS_READ_FIELDS = ("status", "http_version", "headers_ns", "ended_ns", "broken", "truncated", "interim", "left")


@dataclass(eq=False, slots=True)
class TrackedSequence(Sequence[Any]):
    """The headers or the reads of an exchange, which tell that they were looked at."""

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
    """An exchange that tells by which names its headers were asked for."""

    plain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a response header, whose name was looked at."""
        self.seen.add(_header_part(name))
        return self.plain.get(name.lower(), ())


def track_access(sent: CaseResult, seen: set[str]) -> CaseResult:
    """The same evidence; what is looked at is added to `seen`: the headers, one of them by its name, or the reads."""
    if not isinstance(sent, tuple):
        return sent
    return tuple(_track_exchange(exchange, seen) for exchange in sent)


def track_truncated(sent: tuple[Exchange, ...], seen: set[str]) -> tuple[Exchange, ...]:
    """The same exchanges; what is looked at of those that are not whole is added to `seen`."""
    return tuple(_track_exchange(exchange, seen) if exchange.truncated else exchange for exchange in sent)


def _track_exchange(exchange: Exchange, seen: set[str]) -> Exchange:
    parts: dict[str, Any] = {one.name: getattr(exchange, one.name) for one in fields(Exchange) if one.init}
    parts[HEADERS_PART], parts[READS_PART] = (
        TrackedSequence(HEADERS_PART, exchange.headers, seen),
        TrackedSequence(READS_PART, exchange.reads, seen),
    )
    return TrackedExchange(**parts, plain=exchange.headers_by_name, seen=seen)


def changed_parts(before: CaseResult, after: CaseResult) -> frozenset[str] | None:
    """Which of the headers, of those by their names, and of the reads differ; None where something else does."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    pairs = list(zip(before, after, strict=True))
    if any(getattr(one, name) != getattr(other, name) for one, other in pairs for name in ALWAYS_READ_FIELDS):
        return None
    names = (HEADERS_PART, READS_PART)
    found = {name for name in names if any(getattr(one, name) != getattr(other, name) for one, other in pairs)}
    return frozenset(found.union(*(_changed_headers(one, other) for one, other in pairs)))


def _changed_headers(before: Exchange, after: Exchange) -> set[str]:
    """The headers whose values are others, each by its name."""
    if before.headers == after.headers:
        return set()
    was, now = before.headers_by_name, after.headers_by_name
    return {_header_part(name) for name in was.keys() | now.keys() if was.get(name) != now.get(name)}


def _header_part(name: str) -> str:
    return f"{HEADERS_PART}: {name.lower()}"
