"""A cell: one running endpoint under load, with its own latency, slots, limit and state."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from wireproof.mock.application import Application
from wireproof.mock.cells.answer_cache import AnswerCache, PreparedAnswer, prepare_answer
from wireproof.mock.cells.latency import Latency, PrefixCache, with_deadlines
from wireproof.mock.cells.measurements import Measurements, SendTimer
from wireproof.mock.cells.overload import CHANGES_BY_FAULT, AnswerSwap
from wireproof.mock.cells.prefix_cache_usage import with_cached_tokens
from wireproof.mock.protocol.answers import PlainAnswer, encode_answer
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.refusals import RequestRefused

CELL_PATH = "/_wireproof/cell"
CELL_STATES = ("up", "down", "slow")
# Paths whose answers cost nothing to generate.
INSTANT_PATHS = ("/models", "/health", CELL_PATH)

StartSending = Callable[[Ops, SendTimer], Any]


class SlotHold:
    """One answer in a cell: it waits for a slot or holds one."""

    __slots__ = ("_cell", "_start", "has_begun")

    def __init__(self, cell: Cell, start: Callable[[], None] | None = None) -> None:
        self._cell, self._start = cell, start
        self.has_begun = False

    def begin(self) -> None:
        if self._start is not None:
            self.has_begun = True
            self._start()

    def end(self) -> None:
        """Ends the stay; idempotent."""
        if self._start is not None:
            self._start = None
            self._cell.release(self)


class Cell:
    """Delays, limits and refuses answers between an application and the connection that sends them.

    Attributes:
        clock: returns the seconds by which the limit refills.
    """

    def __init__(self, latency: Latency, core: Application, *, seed: int = 0) -> None:
        self.latency, self._core = latency, core
        self.measurements = Measurements()
        self.state, self.factor = "up", 1.0
        self._random = Random(seed)
        self._prefixes = PrefixCache(latency.cached_blocks)
        self._swap = AnswerSwap()
        self._answer_cache = AnswerCache(whole=latency.is_none and not latency.separate_writes)
        self.clock: Callable[[], float] = time.monotonic
        self._active = 0
        self._queue: deque[SlotHold] = deque()
        self._tokens, self._tokens_at = float(latency.limit.burst if latency.limit else 0), 0.0

    def answer(self, request: HttpRequest, framing: tuple[bool, bool], make_ops: Callable[..., Ops]) -> PreparedAnswer:
        """Returns the cell's own answer if it has one, else that of the application or of the cache."""
        if request.path == CELL_PATH:
            return prepare_answer(make_ops(encode_answer(self.answer_control(request), gap_s=0.0)))
        refusal = self.refusal()
        if refusal is not None:
            return prepare_answer(make_ops(self._core.refuse(request, refusal)))
        # A header of the control may make two answers to the same request differ.
        prepared = (
            prepare_answer(make_ops())
            if self._core.controlled
            else self._answer_cache.answer(request, framing, make_ops)
        )
        return self._apply_overload(request, prepared) if self._is_overloaded() else prepared

    def _is_overloaded(self) -> bool:
        overload = self.latency.overload
        return overload is not None and self._active >= overload.above

    def _apply_overload(self, request: HttpRequest, prepared: PreparedAnswer) -> PreparedAnswer:
        """Returns the answer with the fault of an overloaded cell."""
        overload = self.latency.overload
        assert overload is not None
        if overload.fault == "swapped":
            return self._swap.previous_answer(request.path, prepared)
        return CHANGES_BY_FAULT[overload.fault](prepared) if overload.fault in CHANGES_BY_FAULT else prepared

    def refusal(self) -> RequestRefused | None:
        """Returns the refusal of a full or throttled cell; None if it admits the request.

        The application refuses the requests of a cell that is down.
        """
        self.measurements.counts["requests"] += 1
        if self._is_over_limit():
            self.measurements.counts["throttled"] += 1
            refusal = RequestRefused("rate-limited", "Rate limit reached for requests of this cell.")
            refusal.headers = (("Retry-After", "1"),)
            return refusal
        slots = self.latency.slots
        if slots is not None and self._active >= slots and len(self._queue) >= self.latency.queue:
            self.measurements.counts["turned away"] += 1
            return RequestRefused("unavailable", "This cell is full, and so is its queue.")
        if self._is_overloaded() and self.latency.overload.fault == "crash":  # type: ignore[union-attr]
            return RequestRefused("server-failed", "This cell has too much to do.", status=500)
        return None

    def _is_over_limit(self) -> bool:
        limit = self.latency.limit
        if limit is None:
            return False
        now = self.clock()
        self._tokens = min(limit.burst, self._tokens + (now - self._tokens_at) * limit.per_second)
        self._tokens_at = now
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False

    def send_in_slot(self, request: HttpRequest, prepared: PreparedAnswer, send: StartSending) -> SlotHold:
        """Sends an answer with the latency of this cell: at once, or when a slot is free."""
        requested_at, ops, weights = asyncio.get_running_loop().time(), prepared.ops, prepared.weights
        if request.path.endswith(INSTANT_PATHS) or request.method != "POST" or not is_success_head(ops[0]):
            send(ops, SendTimer(Measurements(), weights, requested_at))
            return SlotHold(self)

        def start_sending() -> None:
            self._active += 1
            fresh = self._prefixes.count_fresh_bytes(request.body) if self.latency.prefill_s else 0
            cached_ops = with_cached_tokens(ops, request.body, fresh) if self.latency.cached_blocks else ops
            timed_ops = with_deadlines(cached_ops, weights, self.latency, self._random, self._slowdown_factor(), fresh)
            send(
                timed_ops,
                SendTimer(self.measurements, weights, requested_at, separate_writes=self.latency.separate_writes),
            )

        hold = SlotHold(self, start_sending)
        if self.latency.slots is not None and self._active >= self.latency.slots:
            self._queue.append(hold)
        else:
            hold.begin()
        return hold

    def release(self, hold: SlotHold) -> None:
        """Ends the stay of an answer, sent or abandoned, and starts the next one in the queue."""
        if not hold.has_begun:
            self._queue.remove(hold)
            return
        self._active -= 1
        if self._queue:
            self._queue.popleft().begin()

    def _slowdown_factor(self) -> float:
        """The factor by which everything takes longer than in an idle cell."""
        shared = (self._active - 1) / self.latency.slots if self.latency.slots else 0.0
        return self.factor * (1 + self.latency.slowdown * shared)

    # Control.

    def answer_control(self, request: HttpRequest) -> PlainAnswer:
        """Returns the state and the measurements of this cell; a POST changes the state or clears the measurements."""
        try:
            if request.method == "POST":
                self._apply_control(json.loads(request.body))
        except (ValueError, TypeError, AttributeError):
            return PlainAnswer(
                400, {"error": f"A cell takes a JSON object of state ({', '.join(CELL_STATES)}), factor and reset."}
            )
        return PlainAnswer(200, self.to_json())

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "factor": self.factor,
            "active": self._active,
            "waiting": len(self._queue),
            **self.measurements.to_json(),
        }

    def _apply_control(self, wanted: dict[str, Any]) -> None:
        if wanted.get("reset"):
            self.measurements.clear()
        if "state" in wanted:
            self.set_state(wanted["state"], wanted.get("factor", 1.0))

    def set_state(self, state: str, factor: float = 1.0) -> None:
        """Sets the state: down, up, or slow by a factor. Raises ValueError for any other."""
        if state not in CELL_STATES:
            raise ValueError(state)
        self._answer_cache.clear()
        self.state, self.factor = state, float(factor) if state == "slow" else 1.0
        cells_up = {profile.name: 0 for profile in self._core.profiles} if state == "down" else {}
        self._core.state.cells.clear()
        self._core.state.cells.update(cells_up)


def is_success_head(head: WireOp) -> bool:
    return head.data.startswith(b"HTTP/1.1 2")
