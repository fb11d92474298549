"""Which answers are asked for again. Nothing is ever retried to green.

Only a transport failure before the first byte, and a 429 or 503 that says when to come back, are.
"""

from __future__ import annotations

from wireproof.client.pacing import LIMIT_REFUSALS
from wireproof.client.partial_response import RETRY_LATER_STATUSES, PartialResponse
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.formats.durations import seconds_until

MAX_TRIES = 3
LONGEST_RETRY_WAIT_S = 30.0


def retry_delay(answer: PartialResponse, case: Case, target: Target, asked: int) -> float | None:
    """Seconds to wait before asking again what was asked so many times; None where the answer stands."""
    if asked == MAX_TRIES:
        return None
    if answer.is_empty and answer.broken is not None and answer.broken.kind in ("closed", "reset"):
        return 0.0
    if (
        answer.status not in RETRY_LATER_STATUSES
        or case.refused in LIMIT_REFUSALS
        or case.repeat > 1
        or case.means
        or target.own_keys
    ):
        return None
    told = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    seconds = seconds_until(told.decode("latin-1"), answer.sent_at)
    # A moment that is over is now.
    return max(seconds, 0.0) if seconds is not None and seconds <= LONGEST_RETRY_WAIT_S else None


def retry_reason(answer: PartialResponse) -> str:
    """Why it is asked again."""
    return f"status {answer.status}" if answer.status else f"transport {answer.broken.kind if answer.broken else ''}"
