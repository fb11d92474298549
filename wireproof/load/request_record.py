"""The record of one request: outcome, times, tokens. Times are nanoseconds of one monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a request; only `ok` enters the latencies, and `left` is not an error."""

    OK = "ok"
    REFUSED = "refused"
    THROTTLED = "throttled"
    CUT = "cut"
    FAILED = "in-stream error"
    STRANGE = "non-conformant"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class TokenCount:
    """The tokens of a response and their source: `usage`, or `chunks`, which is an estimate."""

    prompt: int = 0
    answer: int = 0
    by: str = "none"


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """The part of a response that is judged; a streamed body lacks the chunks that match a template.

    Attributes:
        headers: the headers of a refusal; empty for other responses, of which only the content type is kept.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The record of one request.

    Attributes:
        detail: reason why it is not ok.
        due_ns: the start by the schedule; in a closed loop, the time of sending.
        first_ns: the read with the first delta of content, reasoning or tools.
        visible_ns: the read with the first delta that is not reasoning.
        last_ns: the read with the last delta.
        done_ns: the read with `[DONE]`.
        gaps_ns: the times between successive deltas.
        retry_after_s: the seconds that the server asked to wait.
        answer: the response for the judge; None if responses are not judged or this one is incomplete.
    """

    name: str
    outcome: Outcome
    detail: str
    status: int
    due_ns: int
    sent_ns: int
    ended_ns: int
    headers_ns: int | None = None
    first_ns: int | None = None
    visible_ns: int | None = None
    last_ns: int | None = None
    done_ns: int | None = None
    gaps_ns: tuple[int, ...] = ()
    tokens: TokenCount = TokenCount()
    sent_bytes: int = 0
    received_bytes: int = 0
    retry_after_s: float | None = None
    answer: ResponseBody | None = None
