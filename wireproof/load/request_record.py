"""What one request came to: its class, its times, its tokens. Times are nanoseconds of one monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a request ended; only `ok` enters the latencies, and `left` is nobody's fault."""

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
    """The tokens of an answer and how they are known: by `usage`, or by `chunks`, which is a guess."""

    prompt: int = 0
    answer: int = 0
    by: str = "none"


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """What is judged of an answer: its body, of which a stream leaves out the chunks that are like another."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, whole.

    Attributes:
        detail: why it is not ok.
        due_ns: the start that the schedule meant; the send itself in a closed loop.
        first_ns: the read that brought the first content, thought or tool delta.
        visible_ns: the read that brought the first of it that is no thought.
        last_ns: the read that brought the last delta.
        done_ns: the read that brought `[DONE]`.
        gaps_ns: between each two deltas.
        retry_after_s: what the server asked to wait.
        answer: what there is to judge, where answers are judged and this one is whole.
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
