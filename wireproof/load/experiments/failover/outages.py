"""From the records of a load run and the polls of a health page to outages, and whether they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Failures this far apart, or less, are of one outage.
MAX_FAILURE_GAP_S = 1.0
LETDOWN_OUTCOMES = frozenset({"unreachable", "cut", "timeout", "in-stream error"})


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One request of a client.

    Attributes:
        sent_s, ended_s: Unix seconds.
        failed: it was let down: no connection, no whole answer, or a status of 500 or above.
        what: outcome and status, for people.
    """

    sent_s: float
    ended_s: float
    failed: bool
    what: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """What a health page said.

    Attributes:
        up: as well as before the run; False also where it did not answer.
    """

    at_s: float
    host: str
    up: bool
    told: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch of time in which clients were let down.

    Attributes:
        began_s, ended_s: the first failure was sent, and the last one came back, in Unix seconds.
        failed, served: requests sent within it.
        failures: what they got → how many.
        recovered_s: seconds from its end to the first answer that was ok; None where none came any more.
        told_s: seconds from its beginning until a health page said so; None where none did.
        cleared_s: seconds from its end until every health page was well again; None where one was not, or none was ill.
    """

    began_s: float
    ended_s: float
    failed: int
    served: int
    failures: Mapping[str, int]
    told_to_wait: int
    recovered_s: float | None
    told_s: float | None
    cleared_s: float | None

    @property
    def seconds(self) -> float:
        """How long clients were let down."""
        return self.ended_s - self.began_s


def find_outages(seen: Iterable[ClientRequest], polls: Sequence[Poll]) -> list[Outage]:
    """The outages that clients saw, in order."""
    requests = sorted(seen, key=lambda one: one.sent_s)
    groups: list[list[ClientRequest]] = []
    for one in requests:
        if one.failed and groups and one.sent_s - max(last.ended_s for last in groups[-1]) <= MAX_FAILURE_GAP_S:
            groups[-1].append(one)
        elif one.failed:
            groups.append([one])
    return [_make_outage(group, requests, polls) for group in groups]


def false_alarm_seconds(found: Sequence[Outage], polls: Sequence[Poll], within_s: float) -> float:
    """Seconds in which a health page was ill and no client was let down, beyond what it takes to tell and to clear."""
    alarmed = 0.0
    for host in {poll.host for poll in polls}:
        own = sorted((poll for poll in polls if poll.host == host), key=lambda poll: poll.at_s)
        for poll, following in pairwise(own):
            near = any(one.began_s - within_s <= poll.at_s <= one.ended_s + within_s for one in found)
            if not poll.up and not near:
                alarmed += following.at_s - poll.at_s
    return alarmed


def request_from_record(line: Mapping[str, Any], began_s: float) -> ClientRequest | None:
    """A line of the raw records; None for a request that a client left by itself."""
    outcome, status = line["outcome"], line["status"]
    if outcome == "left":
        return None
    failed = outcome in LETDOWN_OUTCOMES or (outcome == "refused" and status >= 500)
    what = f"{outcome} {status}" if status and outcome != "ok" else outcome
    sent, ended = (began_s + line[name] / 1000 for name in ("sent_ms", "ended_ms"))
    return ClientRequest(sent, ended, failed, what, line["retry_after_s"])


def _make_outage(group: Sequence[ClientRequest], requests: Sequence[ClientRequest], polls: Sequence[Poll]) -> Outage:
    began, ended = group[0].sent_s, max(one.ended_s for one in group)
    last = max(one.sent_s for one in group)
    after = [one.ended_s for one in requests if not one.failed and one.sent_s >= last]
    ill = [poll.at_s for poll in polls if not poll.up]
    told = min((at for at in ill if began <= at <= ended), default=None)
    before = [at for at in ill if at < began and began - at <= MAX_FAILURE_GAP_S]
    told_s = 0.0 if before and told is not None else None if told is None else told - began
    return Outage(
        began,
        ended,
        len(group),
        sum(not one.failed and began <= one.sent_s <= ended for one in requests),
        dict(Counter(one.what for one in group)),
        sum(one.retry_after_s is not None for one in group),
        max(0.0, min(after) - ended) if after else None,
        told_s,
        _seconds_until_clear(ended, polls) if ill else None,
    )


def _seconds_until_clear(ended: float, polls: Sequence[Poll]) -> float | None:
    """Seconds until the last host was well again."""
    later = []
    for host in {poll.host for poll in polls}:
        well = [poll.at_s for poll in polls if poll.host == host and poll.up and poll.at_s >= ended]
        if not well:
            return None
        later.append(min(well) - ended)
    return max(later, default=None)
