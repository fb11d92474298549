"""The running answers of each account with their end times, and the status of its last answer."""

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
    """The running answers of each account, one at a time if a request asks for one slot.

    Attributes:
        clients_left: the answers whose client left before the end.
    """

    clients_left: int = 0
    _end_times: dict[AccountKey, dict[int, float]] = field(default_factory=dict)
    _starts: dict[AccountKey, dict[int, StartAnswer]] = field(default_factory=dict)
    _last_statuses: dict[AccountKey, int] = field(default_factory=dict)

    def clear(self) -> None:
        self._last_statuses.clear()
        self._end_times.clear()
        self._starts.clear()
        self.clients_left = 0

    def with_account_state(self, request: HttpRequest) -> HttpRequest:
        """Returns the request with the last status of its account and the number of its running answers."""
        return replace(
            request,
            concurrent_answers=len(self.end_times(request)),
            account_status=self._last_statuses.get(account_key(request), 0),
        )

    def remember_status(self, request: HttpRequest, status: int) -> None:
        """Stores the status of the last answer to the account."""
        self._last_statuses[account_key(request)] = status

    def end_times(self, request: HttpRequest) -> tuple[float, ...]:
        """The Unix time at which each running answer to the same account ends."""
        running = self._end_times.get(account_key(request), {})
        return tuple(end for end in tuple(running.values()) if end > request.at)

    def is_open(self, request: HttpRequest) -> bool:
        """True if the answer to this request is running."""
        return id(request) in self._end_times.get(account_key(request), {})

    def occupy(
        self, request: HttpRequest, outgoing: HttpResponse | HttpStream, work_s: float = 0.0
    ) -> HttpResponse | HttpStream:
        """Returns the answer with its start, and stores its end.

        With one slot it starts when the slot is free and `work_s` is over; otherwise at once.
        """
        ends, has_one_slot = self.end_times(request), request.header(SLOTS_HEADER) == "1"
        wait_s = max(ends) - request.at if ends and has_one_slot else 0.0
        work_s = work_s if has_one_slot else 0.0
        work_s += outgoing.after_s
        last_s = outgoing.steps[-1].due_s if isinstance(outgoing, HttpStream) and outgoing.steps else work_s
        if wait_s + last_s > 0:
            self._end_times.setdefault(account_key(request), {})[id(request)] = request.at + wait_s + last_s
        if wait_s > 0:
            self._starts.setdefault(account_key(request), {})[id(request)] = lambda: None
        return replace(outgoing, after_s=wait_s + work_s)

    def when_free(self, request: HttpRequest, start: StartAnswer) -> None:
        """Registers the function that starts a waiting answer as soon as the one before it ends."""
        waiting = self._starts.get(account_key(request), {})
        if id(request) in waiting:
            waiting[id(request)] = start

    def release(self, request: HttpRequest) -> None:
        """Ends an answer, and starts the one that has waited longest."""
        account = account_key(request)
        for answers in (self._end_times, self._starts):
            answers.get(account, {}).pop(id(request), None)
            if not answers.get(account):
                answers.pop(account, None)
        waiting = self._starts.get(account, {})
        if waiting:
            waiting.pop(next(iter(waiting)))()


def tokens_made(answer: Answer) -> int:
    """The tokens that a plain answer has generated, by its usage."""
    body = answer.value if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else {}
    usage = body.get("usage") or {}
    return int(usage.get("completion_tokens") or usage.get("output_tokens") or 0)


def asks_for_stream(request: HttpRequest) -> bool:
    """True if a request asks for a stream."""
    try:
        return bool(json.loads(request.body)["stream"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def account_key(request: HttpRequest) -> AccountKey:
    """The key of a request and the id of its fault; each pair has slots of its own."""
    return request.header("authorization") or "", request.header(FAULT_HEADER) or ""
