"""One request on a connection of geventhttpclient, read by ourselves: each network read is stamped, then parsed.

FastHttpUser's own calls stamp at the headers or after their own buffering; here the stamp is taken between `recv`
and the parser, so that what this process does with the bytes is never booked as the server's time.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from gevent import Timeout
from geventhttpclient.response import HTTPParseError

from wireproof.load.line import Line
from wireproof.load.record import Outcome, Record, Tokens
from wireproof.load.reply import Reply
from wireproof.load.shot import Shot
from wireproof.load.tally import SHOWN, StreamTally, WholeTally
from wireproof.target import Deadlines

BLOCK = 65536
THROTTLED = 429
EVENT_STREAM = "text/event-stream"
MOST_KEPT = 4096


@dataclass(slots=True)
class Reading:
    """How far the reading of one answer has come."""

    reply: Reply
    sent_ns: int
    headers_ns: int | None = None
    ended_ns: int = 0
    received: int = 0
    tally: StreamTally | WholeTally | None = None
    refusal: bytes = b""
    guard: Any = None


def ask(line: Line, shot: Shot, deadlines: Deadlines, due_ns: int | None = None) -> Record:
    """Send one request and read its answer to the end; whatever goes wrong is the outcome of the record."""
    began = perf_counter_ns()
    try:
        plug = line.take()
    except OSError as error:
        timed_out = isinstance(error, TimeoutError)
        detail = "no connection within the deadline" if timed_out else f"no connection: {error.strerror or error}"
        return lost(shot, Outcome.UNREACHABLE, detail, due_ns or began, began)
    reading = Reading(Reply(), perf_counter_ns())
    kept = False
    try:
        plug.settimeout(deadlines.first_byte)
        plug.sendall(shot.wire)
        trouble = _read(plug, reading, shot, deadlines)
        kept = trouble is None and not reading.reply.ends_connection()
    except (TimeoutError, OSError) as error:
        trouble = _trouble(error)
    finally:
        if reading.guard is not None:
            reading.guard.close()
        if not kept:
            line.drop()
    reading.ended_ns = reading.ended_ns or perf_counter_ns()
    return _record(reading, shot, due_ns or reading.sent_ns, trouble)


def lost(shot: Shot, outcome: Outcome, detail: str, due_ns: int, sent_ns: int) -> Record:
    """The record of a request that got no answer at all."""
    return Record(shot.name, outcome, detail, 0, due_ns, sent_ns, perf_counter_ns())


Trouble = tuple[Outcome, str] | None


def _trouble(error: BaseException) -> tuple[Outcome, str]:
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT, "no byte within the deadline"
    return Outcome.CUT, f"the connection broke: {getattr(error, 'strerror', None) or error}"


def _read(plug: socket.socket, reading: Reading, shot: Shot, deadlines: Deadlines) -> Trouble:
    reply = reading.reply
    recv, feed, body = plug.recv, reply.feed, reply.body
    latest = reading.sent_ns + int(deadlines.total * 1e9)
    while not reply.message_complete:
        try:
            data = recv(BLOCK)
        except Timeout as fired:
            _watch_on(fired, reading, deadlines.idle)
            continue
        at_ns = perf_counter_ns()
        if at_ns > latest:
            return Outcome.TIMEOUT, f"the answer took longer than {deadlines.total:g} s"
        try:
            feed(data)
        except HTTPParseError as error:
            return _broken(data, reading, error)
        reading.received += len(data)
        reading.ended_ns = at_ns
        if reading.headers_ns is None:
            if not reply.is_final:
                if not data:
                    return Outcome.CUT, "the connection closed before the headers"
                continue
            reading.headers_ns = at_ns
            reading.tally = _tally(reply, shot)
            if not reply.message_complete:
                # One timer for the whole body: one for each read would cost as much as the read.
                plug.settimeout(None)
                reading.guard = Timeout.start_new(deadlines.idle)
        if body:
            _take(reading, bytes(body), at_ns)
            del body[:]
        if not data and not reply.message_complete:
            return Outcome.CUT, "the connection closed inside the body"
    return None


def _watch_on(fired: Timeout, reading: Reading, idle_s: float) -> None:
    """Wait for the rest of the idle deadline, counted from the last read; raises TimeoutError where it is over."""
    if fired is not reading.guard:
        raise fired
    left_s = idle_s - (perf_counter_ns() - reading.ended_ns) / 1e9
    if left_s <= 0:
        raise TimeoutError
    reading.guard = Timeout.start_new(left_s)


def _broken(data: bytes, reading: Reading, error: Exception) -> Trouble:
    if not data:
        return Outcome.CUT, f"the connection closed after {reading.received} bytes"
    return Outcome.STRANGE, f"the answer is no HTTP: {error}"


def _take(reading: Reading, data: bytes, at_ns: int) -> None:
    if reading.tally is not None:
        reading.tally.feed(data, at_ns)
    elif len(reading.refusal) < MOST_KEPT:
        reading.refusal += data


def _tally(reply: Reply, shot: Shot) -> StreamTally | WholeTally | None:
    """What folds the body; None for a refusal, of which a piece is kept."""
    if not 200 <= reply.get_code() < 300:
        return None
    if shot.streams and EVENT_STREAM in reply.header("content-type").lower():
        return StreamTally(shot.endpoint)
    return WholeTally()


def _verdict(reading: Reading, shot: Shot, trouble: Trouble) -> tuple[Outcome, str]:
    tally, status = reading.tally, reading.reply.get_code() if reading.headers_ns else 0
    if trouble is not None:
        # A server that says what went wrong and then hangs up has told the cause.
        if isinstance(tally, StreamTally) and tally.failed and trouble[0] is Outcome.CUT:
            return Outcome.FAILED, tally.detail
        return trouble
    if tally is None:
        told = reading.refusal[:SHOWN].decode(errors="replace")
        return (Outcome.THROTTLED if status == THROTTLED else Outcome.REFUSED), f"{status} {told}"
    if shot.streams and isinstance(tally, WholeTally):
        return Outcome.STRANGE, "a stream was asked for, and none came"
    return tally.verdict()


def _record(reading: Reading, shot: Shot, due_ns: int, trouble: Trouble) -> Record:
    outcome, detail = _verdict(reading, shot, trouble)
    tally = reading.tally
    stamps: list[int] = tally.stamps if isinstance(tally, StreamTally) else []
    more: dict[str, Any] = {}
    if isinstance(tally, StreamTally):
        more = {"visible_ns": tally.visible_ns, "done_ns": tally.done_ns, "gaps_ns": tally.gaps_ns}
    return Record(
        name=shot.name,
        outcome=outcome,
        detail=detail,
        status=reading.reply.get_code() if reading.headers_ns else 0,
        due_ns=due_ns,
        sent_ns=reading.sent_ns,
        ended_ns=reading.ended_ns,
        headers_ns=reading.headers_ns,
        first_ns=stamps[0] if stamps else None,
        last_ns=stamps[-1] if stamps else None,
        tokens=tally.tokens if tally is not None else Tokens(),
        sent_bytes=len(shot.wire),
        received_bytes=reading.received,
        retry_after_s=_retry_after(reading) if tally is None else None,
        **more,
    )


def _retry_after(reading: Reading) -> float | None:
    """The seconds a refusal asks to wait; a date is no number, and none is taken from it."""
    try:
        return max(0.0, float(reading.reply.header("retry-after")))
    except ValueError:
        return None
