"""What a run learns of a limit that it meets: who was held off, for how long, and whether that was enough.

All of it is counts and a row of locust's statistics, so that of several processes is that of one. It is that of the
whole run: a limit knows no warm-up.
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
# What a user that is not let in waits at least, and where the server does not say: a refusal costs a server nothing,
# and one that tells nobody to wait would be asked without end.
MIN_WAIT_S = 1.0


def record_and_get_wait_s(book: MetricsRecorder, record: RequestRecord, *, waited: bool) -> float | None:
    """Enter an answer; seconds that its user is to wait, or None where it was not held off.

    Args:
        waited: the user had just waited as long as it was told.
    """
    held_off = record.status in RETRY_LATER_STATUSES
    if waited and record.status:
        book.counts[REFUSED_AFTER_WAIT if held_off else LET_IN_AFTER_WAIT] += 1
    if not held_off:
        return None
    wait = max(MIN_WAIT_S, record.retry_after_s or 0.0)
    book.counts[REQUESTS_HELD_OFF] += 1
    book.counts[WAITED_MS] += int(wait * 1000)
    if record.retry_after_s is not None:
        book.record_value(LIMITER_ROW, RETRY_AFTER_METRIC, record.retry_after_s)
    return wait


def throttling_summary(counts: Mapping[CounterKey, int], figures: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the summary; `figures` are those of the rows of the limiter."""
    return {
        "held_off": counts[REQUESTS_HELD_OFF],
        "waited_s": counts[WAITED_MS] / 1000,
        "retry_after_s": figures.get(RETRY_AFTER_METRIC, {"n": 0}),
        "after_the_wait": {"let_in": counts[LET_IN_AFTER_WAIT], "refused": counts[REFUSED_AFTER_WAIT]},
    }


def throttling_sentence(found: Mapping[str, Any]) -> str:
    """The same for a reader; nothing where nobody was held off."""
    if not found["held_off"]:
        return ""
    asked, again = found["retry_after_s"], found["after_the_wait"]
    least, most = (f"{asked.get(name, 0):g}" for name in ("min", "max"))
    wait = "" if not asked["n"] else f" of {least} s" if least == most else f" of {least} to {most} s"
    return (
        f"{found['held_off']} requests were held off, {asked['n']} with a Retry-After{wait}; users waited "
        f"{found['waited_s']:.1f} s in all, and of those who had waited as told {again['let_in']} were let in and "
        f"{again['refused']} were not"
    )
