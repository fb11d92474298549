"""The answers of each account: those under way, until when, one at a time where a request says so; and the last one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest, HttpResponse, HttpStream

FAULT_HEADER, SLOTS_HEADER = "x-wireproof-fault", "x-wireproof-slots"
AccountKey = tuple[str, str]
StartAnswer = Callable[[], None]


@dataclass(slots=True)
class Slots:
    """Who is being answered, and was; `left` counts the answers whose client did not stay to the end."""

    clients_left: int = 0
    _end_times: dict[AccountKey, dict[int, float]] = field(default_factory=dict)
    _starts: dict[AccountKey, dict[int, StartAnswer]] = field(default_factory=dict)
    _last_statuses: dict[AccountKey, int] = field(default_factory=dict)

    def clear(self) -> None:
        self._last_statuses.clear()
        self._end_times.clear()
        self._starts.clear()
        self.clients_left = 0

    def with_account_state(self, received: HttpRequest) -> HttpRequest:
        """The request with what its account was answered before, and how many of its answers are under way."""
        return replace(
            received,
            concurrent_answers=len(self.end_times(received)),
            account_status=self._last_statuses.get(account_key(received), 0),
        )

    def remember_status(self, received: HttpRequest, status: int) -> None:
        """Remember what the account was answered with."""
        self._last_statuses[account_key(received)] = status

    def end_times(self, received: HttpRequest) -> tuple[float, ...]:
        """When each answer to the same account that is under way will be over."""
        taken = self._end_times.get(account_key(received), {})
        return tuple(until for until in tuple(taken.values()) if until > received.at)

    def is_open(self, received: HttpRequest) -> bool:
        """Whether the answer to this request is under way."""
        return id(received) in self._end_times.get(account_key(received), {})

    def occupy(
        self, received: HttpRequest, made: HttpResponse | HttpStream, work_s: float = 0.0
    ) -> HttpResponse | HttpStream:
        """The answer from now to its last step; of a server with one slot, once that is free and the work is done."""
        ends, one = self.end_times(received), received.header(SLOTS_HEADER) == "1"
        wait_s = max(ends) - received.at if ends and one else 0.0
        work_s = work_s if one else 0.0
        last_s = made.steps[-1].due_s if isinstance(made, HttpStream) and made.steps else work_s
        if wait_s + last_s > 0:
            self._end_times.setdefault(account_key(received), {})[id(received)] = received.at + wait_s + last_s
        if wait_s > 0:
            self._starts.setdefault(account_key(received), {})[id(received)] = lambda: None
        return replace(made, after_s=wait_s + work_s)

    def when_free(self, received: HttpRequest, begin: StartAnswer) -> None:
        """Have an answer that waits begin as soon as another one is over."""
        waiting = self._starts.get(account_key(received), {})
        if id(received) in waiting:
            waiting[id(received)] = begin

    def release(self, received: HttpRequest) -> None:
        """The answer is over; the one that has waited longest begins."""
        place = account_key(received)
        for held in (self._end_times, self._starts):
            held.get(place, {}).pop(id(received), None)
            if not held.get(place):
                held.pop(place, None)
        waiting = self._starts.get(place, {})
        if waiting:
            waiting.pop(next(iter(waiting)))()


def tokens_made(answer: Answer) -> int:
    """The tokens that a plain answer says it has taken to make."""
    told = answer.value if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else {}
    usage = told.get("usage") or {}
    return int(usage.get("completion_tokens") or usage.get("output_tokens") or 0)


def asks_for_stream(received: HttpRequest) -> bool:
    """Whether a request asks for a stream."""
    try:
        return bool(json.loads(received.body)["stream"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def account_key(received: HttpRequest) -> AccountKey:
    """The key of a request and the fault it asks for: each has slots of its own."""
    return received.header("authorization") or "", received.header(FAULT_HEADER) or ""
