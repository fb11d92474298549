"""What of an exchange a judgement regards: where a fault leaves that as it was, the verdict stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

from wireproof.evidence import Sent
from wireproof.exchange import Exchange

HEADERS, READS = "headers", "reads"
# What every judgement may depend on beside these; the request differs by the header that asks for the fault.
ALWAYS = ("status", "http_version", "headers_ns", "ended_ns", "broken", "truncated", "interim", "left")


@dataclass(eq=False, slots=True)
class Watched(Sequence[Any]):
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


def watched(sent: Sent, seen: set[str]) -> Sent:
    """The same evidence; what is looked at is added to `seen`."""
    if not isinstance(sent, tuple):
        return sent
    return tuple(_watched(exchange, seen) for exchange in sent)


def half_kept(sent: tuple[Exchange, ...], seen: set[str]) -> tuple[Exchange, ...]:
    """The same exchanges; what is looked at of those that are not whole is added to `seen`."""
    return tuple(_watched(exchange, seen) if exchange.truncated else exchange for exchange in sent)


def _watched(exchange: Exchange, seen: set[str]) -> Exchange:
    parts: dict[str, Any] = {
        HEADERS: Watched(HEADERS, exchange.headers, seen),
        READS: Watched(READS, exchange.reads, seen),
    }
    return replace(exchange, **parts)


def changed(before: Sent, after: Sent) -> frozenset[str] | None:
    """Which of headers and reads differ; None where something else does."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    pairs = list(zip(before, after, strict=True))
    if any(getattr(one, name) != getattr(other, name) for one, other in pairs for name in ALWAYS):
        return None
    names = (HEADERS, READS)
    return frozenset(name for name in names if any(getattr(one, name) != getattr(other, name) for one, other in pairs))
