"""Finds outages in the records of a load run, and their traces in the polls of a health page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Failures at most this far apart belong to one outage.
MAX_FAILURE_GAP_S = 1.0
OUTAGE_OUTCOMES = frozenset({"unreachable", "cut", "timeout", "in-stream error"})


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One request of a client.

    Attributes:
        sent_s, ended_s: Unix seconds.
        failed: no connection, an incomplete answer, or a status of 500 or above.
        what: outcome and status as text.
        retry_after_s: the response's Retry-After; None without one.
    """

    sent_s: float
    ended_s: float
    failed: bool
    what: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a health page.

    Attributes:
        at_s: Unix seconds.
        up: the page is as healthy as before the run; False also without an answer.
        told: the page's JSON, truncated.
    """

    at_s: float
    host: str
    up: bool
    told: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A period in which requests failed.

    Attributes:
        began_s, ended_s: the send of the first failed request and the end of the last one, in Unix seconds.
        failed, served: numbers of failed and ok requests sent during the outage.
        failures: outcome and status → number.
        told_to_wait: failed requests with a Retry-After.
        recovered_s: seconds from the end to the first ok response; None without one.
        told_s: seconds from the start until a health page was unhealthy; None if none was.
        cleared_s: seconds from the end until all health pages were healthy; None if one stayed, or none was, unhealthy.
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
        """The duration in seconds."""
        return self.ended_s - self.began_s


def find_outages(seen: Iterable[ClientRequest], polls: Sequence[Poll]) -> list[Outage]:
    """Groups failed requests into outages, in order of time."""
    requests = sorted(seen, key=lambda request: request.sent_s)
    groups: list[list[ClientRequest]] = []
    for request in requests:
        if not request.failed:
            continue
        if groups and request.sent_s - max(last.ended_s for last in groups[-1]) <= MAX_FAILURE_GAP_S:
            groups[-1].append(request)
        else:
            groups.append([request])
    return [_make_outage(group, requests, polls) for group in groups]


def false_alarm_seconds(outages: Sequence[Outage], polls: Sequence[Poll], within_s: float) -> float:
    """Seconds in which a health page was unhealthy and no outage was less than `within_s` away."""
    alarmed = 0.0
    for host in {poll.host for poll in polls}:
        own = sorted((poll for poll in polls if poll.host == host), key=lambda poll: poll.at_s)
        for poll, following in pairwise(own):
            near = any(outage.began_s - within_s <= poll.at_s <= outage.ended_s + within_s for outage in outages)
            if not poll.up and not near:
                alarmed += following.at_s - poll.at_s
    return alarmed


def request_from_record(line: Mapping[str, Any], began_s: float) -> ClientRequest | None:
    """Parses a line of the raw records; returns None for a request that the client left by plan."""
    outcome, status = line["outcome"], line["status"]
    if outcome == "left":
        return None
    failed = outcome in OUTAGE_OUTCOMES or (outcome == "refused" and status >= 500)
    what = f"{outcome} {status}" if status and outcome != "ok" else outcome
    sent, ended = (began_s + line[name] / 1000 for name in ("sent_ms", "ended_ms"))
    return ClientRequest(sent, ended, failed, what, line["retry_after_s"])


def _make_outage(group: Sequence[ClientRequest], requests: Sequence[ClientRequest], polls: Sequence[Poll]) -> Outage:
    began, ended = group[0].sent_s, max(request.ended_s for request in group)
    last = max(request.sent_s for request in group)
    ok_ends = [request.ended_s for request in requests if not request.failed and request.sent_s >= last]
    unhealthy = [poll.at_s for poll in polls if not poll.up]
    first_during = min((at for at in unhealthy if began <= at <= ended), default=None)
    just_before = [at for at in unhealthy if at < began and began - at <= MAX_FAILURE_GAP_S]
    told_s = None if first_during is None else 0.0 if just_before else first_during - began
    return Outage(
        began,
        ended,
        len(group),
        sum(not request.failed and began <= request.sent_s <= ended for request in requests),
        dict(Counter(request.what for request in group)),
        sum(request.retry_after_s is not None for request in group),
        max(0.0, min(ok_ends) - ended) if ok_ends else None,
        told_s,
        _seconds_until_clear(ended, polls) if unhealthy else None,
    )


def _seconds_until_clear(ended: float, polls: Sequence[Poll]) -> float | None:
    """Seconds until the last host was healthy again."""
    waits = []
    for host in {poll.host for poll in polls}:
        healthy = [poll.at_s for poll in polls if poll.host == host and poll.up and poll.at_s >= ended]
        if not healthy:
            return None
        waits.append(min(healthy) - ended)
    return max(waits, default=None)
