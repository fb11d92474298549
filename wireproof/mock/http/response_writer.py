"""Sends one answer: operations at their deadlines, paused while the client does not read."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from wireproof.mock.cells.measurements import SendTimer
from wireproof.mock.protocol.messages import Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

ZERO_LINGER = struct.pack("ii", 1, 0)
# A timer of the system may fire this much before it is due.
TIMER_TOLERANCE_S = 0.0005


class Delivery:
    """One answer while it is sent; each operation has its own turn of the loop."""

    def __init__(self, transport: asyncio.Transport, ops: Ops, done: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport, self._ops, self._done = transport, ops, done
        self._start = self._loop.time()
        self._next = 0
        self._timer: SendTimer | None = None
        self.paused = False
        self.hangs = False
        self._waiting: asyncio.Handle | None = None

    def restart(self, ops: Ops, timer: SendTimer) -> None:
        """Begins now with other deadlines, and records each write in the timer."""
        self._ops, self._timer, self._start = ops, timer, self._loop.time()
        if not self.paused:
            self._send_due(timer)

    def begin(self) -> None:
        """Sends a single write at once; sends anything longer one operation a turn of the loop."""
        if is_single_write(self._ops):
            self._transport.write(b"".join(map(wire_bytes, self._ops)))
            self._done()
            return
        self._send_next()

    def start_now(self) -> None:
        """Begins now an answer that was to begin later."""
        if self._waiting is not None and self._next == 1:
            self._waiting.cancel()
            self._start = self._loop.time() - self._ops[1].due_s
            self._schedule()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        if self._waiting is None:
            self._schedule()

    def stop(self) -> None:
        """Sends nothing more."""
        self._next = len(self._ops)
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _send_next(self) -> None:
        self._waiting = None
        if self._next >= len(self._ops):
            return
        if self._timer is not None:
            self._send_due(self._timer)
            return
        op = self._ops[self._next]
        self._next += 1
        self.hangs = op.kind == "hang"
        if ACTIONS_BY_KIND.get(op.kind, write_op)(self._transport, op):
            self._schedule()

    def _send_due(self, timer: SendTimer) -> None:
        """Sends everything that is due, plain bytes in one write; a late write leaves the deadlines as they are."""
        now, due = self._loop.time() - self._start + TIMER_TOLERANCE_S, []
        while (
            self._next < len(self._ops)
            and (op := self._ops[self._next]).due_s <= now
            and op.kind not in ACTIONS_BY_KIND
        ):
            self._next += 1
            due.append(op)
            if timer.separate_writes:
                break
        if due:
            self._transport.write(b"".join(map(wire_bytes, due)))
            timer.record_write(len(due), self._start + due[0].due_s, self._loop.time())
        if self._next < len(self._ops) and (op := self._ops[self._next]).kind in ACTIONS_BY_KIND and op.due_s <= now:
            self._next += 1
            self.hangs = op.kind == "hang"
            timer.record_write(1, self._start + op.due_s, self._loop.time())
            ACTIONS_BY_KIND[op.kind](self._transport, op)
            return
        self._schedule()

    def _schedule(self) -> None:
        if self._next >= len(self._ops):
            self._done()
        elif not self.paused:
            due = self._start + self._ops[self._next].due_s
            self._waiting = (
                self._loop.call_soon(self._send_next)
                if due <= self._loop.time()
                else self._loop.call_at(due, self._send_next)
            )


def is_single_write(ops: Ops) -> bool:
    return len(ops) <= 2 and all(op.kind in ("head", "body") for op in ops)


def write_op(transport: asyncio.Transport, op: WireOp) -> bool:
    transport.write(wire_bytes(op))
    return True


def close_connection(transport: asyncio.Transport, op: WireOp) -> bool:
    transport.close()
    return False


def reset_connection(transport: asyncio.Transport, op: WireOp) -> bool:
    """Closes the connection by RST, as a crashed peer does."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ZERO_LINGER)
    transport.abort()
    return False


def keep_hanging(transport: asyncio.Transport, op: WireOp) -> bool:
    """Sends nothing more and leaves the connection open."""
    return False


ACTIONS_BY_KIND: dict[str, Callable[[asyncio.Transport, WireOp], bool]] = {
    "close": close_connection,
    "reset": reset_connection,
    "hang": keep_hanging,
}
