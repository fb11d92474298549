"""What of an exchange a judgement regards: where a fault leaves that as it was, the verdict stays as it was.

A judgement that asks for one header by its name regards no other; one that looks at the lines regards them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, overload

from wireproof.evidence.case_result import Sent
from wireproof.evidence.exchange import Exchange

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


@dataclass(frozen=True, slots=True)
class Regarded(Exchange):
    """An exchange that tells by which names its headers were asked for."""

    plain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a response header, whose name was looked at."""
        self.seen.add(_header(name))
        return self.plain.get(name.lower(), ())


def watched(sent: Sent, seen: set[str]) -> Sent:
    """The same evidence; what is looked at is added to `seen`: the headers, one of them by its name, or the reads."""
    if not isinstance(sent, tuple):
        return sent
    return tuple(_watched(exchange, seen) for exchange in sent)


def half_kept(sent: tuple[Exchange, ...], seen: set[str]) -> tuple[Exchange, ...]:
    """The same exchanges; what is looked at of those that are not whole is added to `seen`."""
    return tuple(_watched(exchange, seen) if exchange.truncated else exchange for exchange in sent)


def _watched(exchange: Exchange, seen: set[str]) -> Exchange:
    parts: dict[str, Any] = {one.name: getattr(exchange, one.name) for one in fields(Exchange) if one.init}
    parts[HEADERS], parts[READS] = Watched(HEADERS, exchange.headers, seen), Watched(READS, exchange.reads, seen)
    return Regarded(**parts, plain=exchange.by_name, seen=seen)


def changed(before: Sent, after: Sent) -> frozenset[str] | None:
    """Which of the headers, of those by their names, and of the reads differ; None where something else does."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return None
    pairs = list(zip(before, after, strict=True))
    if any(getattr(one, name) != getattr(other, name) for one, other in pairs for name in ALWAYS):
        return None
    names = (HEADERS, READS)
    found = {name for name in names if any(getattr(one, name) != getattr(other, name) for one, other in pairs)}
    return frozenset(found.union(*(_renamed(one, other) for one, other in pairs)))


def _renamed(before: Exchange, after: Exchange) -> set[str]:
    """The headers whose values are others, each by its name."""
    if before.headers == after.headers:
        return set()
    was, now = before.by_name, after.by_name
    return {_header(name) for name in was.keys() | now.keys() if was.get(name) != now.get(name)}


def _header(name: str) -> str:
    return f"{HEADERS}: {name.lower()}"
