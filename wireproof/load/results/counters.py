"""Keys of the counters that the processes of a load run add up."""

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
        kind: the thing that is counted; for requests that ended, the part of the run in which they were due.
        name: the name of the request; empty for a counter of a whole process.
        part: the outcome of requests that ended, or the source of a token count.
    """

    kind: str
    name: str = ""
    part: str = ""

    def as_text(self) -> str:
        """The member of a slice's `counts` in a summary (schemas/formats/load.json)."""
        return "/".join(word for word in self if word)

    @classmethod
    def from_text(cls, text: str) -> CounterKey:
        """The key of such a member; a name may hold slashes, a kind and a part do not."""
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
    """The key of a counter, made once: requests ask for it far more often than there are counters."""
    return CounterKey(kind, name, part)


def counters_to_rows(counts: Mapping[CounterKey, int]) -> list[Any]:
    """The counters as a worker reports them: the members of a key, then the number."""
    return [[*key, number] for key, number in counts.items()]


def counters_from_rows(rows: Iterable[Any]) -> Counter[CounterKey]:
    """The counters that a worker reported."""
    return Counter({CounterKey(*key): number for *key, number in rows})
