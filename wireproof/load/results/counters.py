"""Keys of the counters of a load run; counters of several processes are added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

# Kinds that are counted by the name of a request.
GOOD_REQUESTS = "good"
PROMPT_TOKEN_KIND, ANSWER_TOKEN_KIND = "prompt tokens", "answer tokens"
CHUNKS, SENT_BYTES, RECEIVED_BYTES = "chunks", "sent bytes", "received bytes"


class CounterKey(NamedTuple):
    """The address of one counter.

    Attributes:
        kind: what is counted; for finished requests, the part of the run in which they were scheduled.
        name: the name of the request; empty for a counter of a whole process.
        part: the outcome of finished requests, or the source of a token count.
    """

    kind: str
    name: str = ""
    part: str = ""

    def as_text(self) -> str:
        """The member name in a slice's `counts` of a summary (schemas/formats/load.json)."""
        return "/".join(field for field in self if field)

    @classmethod
    def from_text(cls, text: str) -> CounterKey:
        """Parses such a member name; slashes may occur in `name` only."""
        kind, _, rest = text.partition("/")
        name, _, part = rest.rpartition("/")
        return cls(kind, name, part)


# Counters of a whole process.
STARTS_DUE, STARTS_MISSED = CounterKey("starts due"), CounterKey("starts missed")
UNFINISHED, STOPPED_BY_CEILING = CounterKey("unfinished"), CounterKey("stopped by ceiling")
# Counters of a slice of time.
SLICE_TOKENS, UNDER_WAY_MS = CounterKey("tokens"), CounterKey("flying ms")


@cache
def counter_key(kind: str, name: str, part: str = "") -> CounterKey:
    """Returns a cached key: it is built for every request, and there are few counters."""
    return CounterKey(kind, name, part)


def counters_to_rows(counts: Mapping[CounterKey, int]) -> list[Any]:
    """Rows in which a worker reports its counters: the fields of the key, then the number."""
    return [[*key, number] for key, number in counts.items()]


def counters_from_rows(rows: Iterable[Any]) -> Counter[CounterKey]:
    """Parses the rows that a worker reported."""
    return Counter({CounterKey(*key): number for *key, number in rows})
