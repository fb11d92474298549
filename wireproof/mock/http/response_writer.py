"""The sending of one answer: operations by deadline, held back while the client does not read."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from wireproof.mock.cells.measurements import SendTimer
from wireproof.mock.protocol.messages import Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

NO_LINGER = struct.pack("ii", 1, 0)
# A timer of the system may fire this much before it is due.
SOON_S = 0.0005


class Delivery:
    """One answer on its way; each operation has its own turn of the loop."""

    def __init__(self, transport: asyncio.Transport, ops: Ops, done: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport, self._ops, self._done = transport, ops, done
        self._start = self._loop.time()
        self._next = 0
        self._watch: SendTimer | None = None
        self.paused = False
        self.hung = False
        self._waiting: asyncio.Handle | None = None

    def retime(self, ops: Ops, watch: SendTimer) -> None:
        """Begin now, by other deadlines, and be watched."""
        self._ops, self._watch, self._start = ops, watch, self._loop.time()
        if not self.paused:
            self._catch_up(watch)

    def begin(self) -> None:
        """Send what is due at once if that is all there is; otherwise one operation a turn."""
        if is_plain(self._ops):
            self._transport.write(b"".join(map(wire_bytes, self._ops)))
            self._done()
            return
        self._turn()

    def hurry(self) -> None:
        """Begin now what was to begin later."""
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
        """Nothing more is sent."""
        self._next = len(self._ops)
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _turn(self) -> None:
        self._waiting = None
        if self._next >= len(self._ops):
            return
        if self._watch is not None:
            self._catch_up(self._watch)
            return
        op = self._ops[self._next]
        self._next += 1
        self.hung = op.kind == "hang"
        if ACTS.get(op.kind, write)(self._transport, op):
            self._schedule()

    def _catch_up(self, watch: SendTimer) -> None:
        """Send everything that is due, plain bytes in one piece; whoever is late keeps the schedule all the same."""
        now, due = self._loop.time() - self._start + SOON_S, []
        while self._next < len(self._ops) and (op := self._ops[self._next]).due_s <= now and op.kind not in ACTS:
            self._next += 1
            due.append(op)
            if watch.apart:
                break
        if due:
            self._transport.write(b"".join(map(wire_bytes, due)))
            watch.record_write(len(due), self._start + due[0].due_s, self._loop.time())
        if self._next < len(self._ops) and (op := self._ops[self._next]).kind in ACTS and op.due_s <= now:
            self._next += 1
            self.hung = op.kind == "hang"
            watch.record_write(1, self._start + op.due_s, self._loop.time())
            ACTS[op.kind](self._transport, op)
            return
        self._schedule()

    def _schedule(self) -> None:
        if self._next >= len(self._ops):
            self._done()
        elif not self.paused:
            due = self._start + self._ops[self._next].due_s
            self._waiting = (
                self._loop.call_soon(self._turn) if due <= self._loop.time() else self._loop.call_at(due, self._turn)
            )


def is_plain(ops: Ops) -> bool:
    return len(ops) <= 2 and all(op.kind in ("head", "body") for op in ops)


def write(transport: asyncio.Transport, op: WireOp) -> bool:
    transport.write(wire_bytes(op))
    return True


def close(transport: asyncio.Transport, op: WireOp) -> bool:
    transport.close()
    return False


def reset(transport: asyncio.Transport, op: WireOp) -> bool:
    """A connection torn down with RST, as a crashed peer does."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
    return False


def hang(transport: asyncio.Transport, op: WireOp) -> bool:
    """The answer never goes on, and the connection stays."""
    return False


ACTS: dict[str, Callable[[asyncio.Transport, WireOp], bool]] = {"close": close, "reset": reset, "hang": hang}
