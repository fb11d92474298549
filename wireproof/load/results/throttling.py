"""Figures about rate limiting in a run: requests held off, the waits, and the results of the requests after them.

Everything is a counter or a row of locust's statistics, so results of processes can be added. The figures cover the
whole run, including warm-up and cool-down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wireproof.client.partial_response import RETRY_LATER_STATUSES
from wireproof.load.results.counters import CounterKey

if TYPE_CHECKING:
    from wireproof.load.request_record import RequestRecord
    from wireproof.load.results.metrics_recorder import MetricsRecorder

LIMITER_ROW, RETRY_AFTER_METRIC = "limiter", "Retry-After s"
REQUESTS_HELD_OFF, WAITED_MS, LET_IN_AFTER_WAIT, REFUSED_AFTER_WAIT = (
    CounterKey(LIMITER_ROW, part=part) for part in ("held off", "waited ms", "let in", "refused")
)
# The least wait of a user that was held off: without Retry-After, users would otherwise send in a tight loop.
MIN_WAIT_S = 1.0


def record_and_get_wait_s(recorder: MetricsRecorder, record: RequestRecord, *, waited: bool) -> float | None:
    """Records an answer; returns the seconds that its user has to wait, or None if it was not held off.

    Args:
        waited: the user sent this request after such a wait.
    """
    held_off = record.status in RETRY_LATER_STATUSES
    if waited and record.status:
        recorder.counts[REFUSED_AFTER_WAIT if held_off else LET_IN_AFTER_WAIT] += 1
    if not held_off:
        return None
    wait = max(MIN_WAIT_S, record.retry_after_s or 0.0)
    recorder.counts[REQUESTS_HELD_OFF] += 1
    recorder.counts[WAITED_MS] += int(wait * 1000)
    if record.retry_after_s is not None:
        recorder.record_value(LIMITER_ROW, RETRY_AFTER_METRIC, record.retry_after_s)
    return wait


def throttling_summary(counts: Mapping[CounterKey, int], figures: Mapping[str, Any]) -> dict[str, Any]:
    """The summary's member `limiter`; `figures` are those of the rows named `limiter`."""
    return {
        "held_off": counts[REQUESTS_HELD_OFF],
        "waited_s": counts[WAITED_MS] / 1000,
        "retry_after_s": figures.get(RETRY_AFTER_METRIC, {"n": 0}),
        "after_the_wait": {"let_in": counts[LET_IN_AFTER_WAIT], "refused": counts[REFUSED_AFTER_WAIT]},
    }


def throttling_sentence(limiter: Mapping[str, Any]) -> str:
    """A sentence about the summary's member `limiter`; empty if no request was held off."""
    if not limiter["held_off"]:
        return ""
    retry_after, after_wait = limiter["retry_after_s"], limiter["after_the_wait"]
    least, most = (f"{retry_after.get(name, 0):g}" for name in ("min", "max"))
    wait = "" if not retry_after["n"] else f" of {least} s" if least == most else f" of {least} to {most} s"
    return (
        f"{limiter['held_off']} requests were held off, {retry_after['n']} with a Retry-After{wait}; users waited "
        f"{limiter['waited_s']:.1f} s in all; after the wait {after_wait['let_in']} requests were admitted and "
        f"{after_wait['refused']} refused"
    )
