"""A cell: one running endpoint that serves load, with a latency of its own, slots, a limit and a state."""

from __future__ import annotations

import asyncio
import json
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
# Answers to these cost nothing to generate.
INSTANT_PATHS = ("/models", "/health", CELL_PATH)

StartSending = Callable[[Ops, SendTimer], Any]


class SlotHold:
    """One answer's time in a cell: waiting for a slot, or holding one."""

    __slots__ = ("_cell", "_go", "begun")

    def __init__(self, cell: Cell, go: Callable[[], None] | None = None) -> None:
        self._cell, self._go = cell, go
        self.begun = False

    def begin(self) -> None:
        if self._go is not None:
            self.begun = True
            self._go()

    def end(self) -> None:
        """Over; a second end is none."""
        if self._go is not None:
            self._go = None
            self._cell.release(self)


class Cell:
    """What stands between a core that knows the answer and the connection that sends it."""

    def __init__(self, latency: Latency, core: Application, *, seed: int = 0) -> None:
        self.latency, self._core = latency, core
        self.measurements = Measurements()
        self.state, self.factor = "up", 1.0
        self._chance = Random(seed)
        self._prefixes = PrefixCache(latency.cached_blocks)
        self._swap = AnswerSwap()
        self._answer_cache = AnswerCache(whole=latency.is_none and not latency.apart)
        self._active = 0
        self._queue: deque[SlotHold] = deque()
        self._tokens, self._tokens_at = float(latency.limit.burst if latency.limit else 0), 0.0

    def answer(self, received: HttpRequest, form: tuple[bool, bool], make_ops: Callable[..., Ops]) -> PreparedAnswer:
        """What is sent: the cell's own word where it has one, else what the core says, or said a moment ago."""
        if received.path == CELL_PATH:
            return prepare_answer(make_ops(encode_answer(self.answer_control(received), gap_s=0.0)))
        refused = self.refusal()
        if refused is not None:
            return prepare_answer(make_ops(self._core.refuse(received, refused)))
        # A header of the control may make two answers to the same request differ.
        prepared = (
            prepare_answer(make_ops()) if self._core.controlled else self._answer_cache.answer(received, form, make_ops)
        )
        return self._apply_overload(received, prepared) if self._is_overloaded() else prepared

    def _is_overloaded(self) -> bool:
        strain = self.latency.overload
        return strain is not None and self._active >= strain.above

    def _apply_overload(self, received: HttpRequest, prepared: PreparedAnswer) -> PreparedAnswer:
        """What becomes of an answer under pressure."""
        strain = self.latency.overload
        assert strain is not None
        if strain.fault == "swapped":
            return self._swap.previous_answer(received.path, prepared)
        return CHANGES_BY_FAULT[strain.fault](prepared) if strain.fault in CHANGES_BY_FAULT else prepared

    def refusal(self) -> RequestRefused | None:
        """Why a request is turned away before it is looked at; that a cell is down is the core's to tell."""
        self.measurements.counts["requests"] += 1
        if self._is_over_limit():
            self.measurements.counts["throttled"] += 1
            refused = RequestRefused("rate-limited", "Rate limit reached for requests of this cell.")
            refused.headers = (("Retry-After", "1"),)
            return refused
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
        now = asyncio.get_running_loop().time()
        self._tokens = min(limit.burst, self._tokens + (now - self._tokens_at) * limit.per_second)
        self._tokens_at = now
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False

    def send_in_slot(self, received: HttpRequest, prepared: PreparedAnswer, send: StartSending) -> SlotHold:
        """Send an answer by this cell's clock: at once, or when a slot is free."""
        asked_at, ops, weights = asyncio.get_running_loop().time(), prepared.ops, prepared.weights
        if received.path.endswith(INSTANT_PATHS) or received.method != "POST" or not is_success_head(ops[0]):
            send(ops, SendTimer(Measurements(), weights, asked_at))
            return SlotHold(self)

        def start_sending() -> None:
            self._active += 1
            fresh = self._prefixes.count_fresh_bytes(received.body) if self.latency.prefill_s else 0
            said = with_cached_tokens(ops, received.body, fresh) if self.latency.cached_blocks else ops
            due = with_deadlines(said, weights, self.latency, self._chance, self._slowdown_factor(), fresh)
            send(due, SendTimer(self.measurements, weights, asked_at, apart=self.latency.apart))

        stay = SlotHold(self, start_sending)
        if self.latency.slots is not None and self._active >= self.latency.slots:
            self._queue.append(stay)
        else:
            stay.begin()
        return stay

    def release(self, stay: SlotHold) -> None:
        """An answer has ended, or its client has gone; the next one in the queue begins."""
        if not stay.begun:
            self._queue.remove(stay)
            return
        self._active -= 1
        if self._queue:
            self._queue.popleft().begin()

    def _slowdown_factor(self) -> float:
        """How much longer than alone everything takes now."""
        shared = (self._active - 1) / self.latency.slots if self.latency.slots else 0.0
        return self.factor * (1 + self.latency.slowdown * shared)

    # At a command.

    def answer_control(self, received: HttpRequest) -> PlainAnswer:
        """The state and the truth of this cell; a POST changes the state or forgets the truth."""
        try:
            if received.method == "POST":
                self._apply_control(json.loads(received.body))
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
        """Go down, come back, or slow down by a factor."""
        if state not in CELL_STATES:
            raise ValueError(state)
        self._answer_cache.clear()
        self.state, self.factor = state, float(factor) if state == "slow" else 1.0
        ups = {profile.name: 0 for profile in self._core.profiles} if state == "down" else {}
        self._core.state.cells.clear()
        self._core.state.cells.update(ups)


def is_success_head(head: WireOp) -> bool:
    return head.data.startswith(b"HTTP/1.1 2")
