"""One request on a connection of geventhttpclient, read by ourselves, and the record of what it came to."""

from __future__ import annotations

from time import perf_counter_ns, time
from typing import Any

from wireproof.contract.target import Deadlines
from wireproof.formats.durations import EARLIEST_UNIX_TIME, seconds_until
from wireproof.load.engine.kept_connection import KeptConnection
from wireproof.load.engine.leaving_fold import ClientLeft, start_disconnect_timer
from wireproof.load.engine.response_fold import MAX_DETAIL_LENGTH, BodyFold, StreamFold
from wireproof.load.engine.response_reader import MAX_REFUSAL_BYTES, ResponseReader, Trouble
from wireproof.load.request_record import Outcome, RequestRecord, ResponseBody, TokenCount
from wireproof.load.scenario.prepared_request import PreparedRequest

THROTTLED_STATUS = 429


def send_request(
    line: KeptConnection, shot: PreparedRequest, deadlines: Deadlines, due_ns: int | None = None, *, keeps: bool = False
) -> RequestRecord:
    """Send one request and read its answer to the end; whatever goes wrong is the outcome of the record.

    Args:
        keeps: the answer is kept, to be judged.
    """
    began = perf_counter_ns()
    try:
        plug = line.connected_socket()
    except OSError as error:
        return record_without_answer(shot, Outcome.UNREACHABLE, _connection_error_text(error), due_ns or began, began)
    reading = ResponseReader(shot, deadlines, perf_counter_ns(), keeps=keeps)
    trouble = _send_and_read(reading, plug, line, shot, deadlines)
    reading.ended_ns = reading.ended_ns or perf_counter_ns()
    answer = _body_to_judge(reading) if keeps and trouble is None else None
    return _make_record(reading, shot, due_ns or reading.sent_ns, trouble, answer)


def _send_and_read(
    reading: ResponseReader, plug: Any, line: KeptConnection, shot: PreparedRequest, deadlines: Deadlines
) -> Trouble:
    """Send the request and read its answer; the connection is dropped unless another request may use it."""
    leaving = None if shot.leave is None else start_disconnect_timer(shot.leave)
    kept = False
    try:
        plug.settimeout(deadlines.first_byte)
        plug.sendall(shot.wire)
        trouble = reading.read(plug, line)
        kept = trouble is None and not reading.reply.ends_connection()
        return trouble
    except OSError as error:
        return _trouble_from_error(error)
    except ClientLeft:
        return Outcome.LEFT, "the client left, as it meant to"
    finally:
        if leaving is not None:
            leaving.close()
        if not kept:
            line.drop()


def _connection_error_text(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no connection within the deadline"
    return f"no connection: {error.strerror or error}"


def record_without_answer(
    shot: PreparedRequest, outcome: Outcome, detail: str, due_ns: int, sent_ns: int
) -> RequestRecord:
    """The record of a request that got no answer at all."""
    return RequestRecord(shot.name, outcome, detail, 0, due_ns, sent_ns, perf_counter_ns())


def _trouble_from_error(error: BaseException) -> tuple[Outcome, str]:
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT, "no byte within the deadline"
    return Outcome.CUT, f"the connection broke: {getattr(error, 'strerror', None) or error}"


def _outcome_and_detail(reading: ResponseReader, shot: PreparedRequest, trouble: Trouble) -> tuple[Outcome, str]:
    tally, status = reading.tally, reading.reply.get_code() if reading.headers_ns else 0
    if trouble is not None:
        # A server that says what went wrong and then hangs up has told the cause.
        if isinstance(tally, StreamFold) and tally.has_failed and trouble[0] is Outcome.CUT:
            return Outcome.FAILED, tally.detail
        return trouble
    if tally is None:
        told = reading.refusal[:MAX_DETAIL_LENGTH].decode(errors="replace")
        return (Outcome.THROTTLED if status == THROTTLED_STATUS else Outcome.REFUSED), f"{status} {told}"
    if shot.streams and isinstance(tally, BodyFold):
        return Outcome.STRANGE, "a stream was asked for, and none came"
    return tally.outcome_and_detail()


def _body_to_judge(reading: ResponseReader) -> ResponseBody | None:
    """What there is to judge of an answer that came whole."""
    tally, reply = reading.tally, reading.reply
    body = reading.refusal if tally is None else tally.body
    # Of a long refusal a piece is kept, which is nothing to judge.
    if body is None or (tally is None and len(body) >= MAX_REFUSAL_BYTES):
        return None
    return ResponseBody(reply.get_code(), reply.header("content-type"), body)


def _make_record(
    reading: ResponseReader, shot: PreparedRequest, due_ns: int, trouble: Trouble, answer: ResponseBody | None
) -> RequestRecord:
    outcome, detail = _outcome_and_detail(reading, shot, trouble)
    tally = reading.tally
    stamps: list[int] = tally.stamps if isinstance(tally, StreamFold) else []
    more: dict[str, Any] = {}
    if isinstance(tally, StreamFold):
        more = {"visible_ns": tally.visible_ns, "done_ns": tally.done_ns, "gaps_ns": tally.gaps_ns}
    return RequestRecord(
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
        tokens=tally.tokens if tally is not None else TokenCount(),
        sent_bytes=len(shot.wire),
        received_bytes=reading.received,
        retry_after_s=_parse_retry_after_s(reading) if tally is None else None,
        answer=answer,
        **more,
    )


def _parse_retry_after_s(reading: ResponseReader) -> float | None:
    """The seconds a refusal asks to wait, from its end on; None where it tells neither a wait nor a date."""
    told = reading.reply.header("retry-after")
    try:
        # A fraction is not allowed, and waited for all the same.
        wait_s: float | None = float(told)
    except ValueError:
        wait_s = seconds_until(told, time())
    return max(0.0, wait_s) if wait_s is not None and wait_s < EARLIEST_UNIX_TIME else None
