"""Policy for repeated requests; a failed verdict is never a reason.

A request is repeated after a transport failure before the first byte, and after a 429 or 503 that states when to
retry.
"""

from __future__ import annotations

from wireproof.client.pacing import LIMIT_REFUSALS
from wireproof.client.partial_response import RETRY_LATER_STATUSES, PartialResponse
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.formats.durations import seconds_until

MAX_TRIES = 3
LONGEST_RETRY_WAIT_S = 30.0


def retry_delay(answer: PartialResponse, case: Case, target: Target, tries: int) -> float | None:
    """Seconds to wait before the request is repeated; None if the response is final."""
    if tries == MAX_TRIES:
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
    retry_after = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    seconds = seconds_until(retry_after.decode("latin-1"), answer.sent_at)
    # A time in the past means now.
    return max(seconds, 0.0) if seconds is not None and seconds <= LONGEST_RETRY_WAIT_S else None


def retry_reason(answer: PartialResponse) -> str:
    """Reason of the repetition."""
    return f"status {answer.status}" if answer.status else f"transport {answer.broken.kind if answer.broken else ''}"
