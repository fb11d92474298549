"""The sending of one request on a connection of geventhttpclient, the reading of its response, and its record."""

from __future__ import annotations

from http import HTTPStatus
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


def send_request(
    connection: KeptConnection,
    request: PreparedRequest,
    deadlines: Deadlines,
    due_ns: int | None = None,
    *,
    keep_body: bool = False,
) -> RequestRecord:
    """Sends one request and reads its response to the end; an error becomes the outcome of the record.

    Args:
        keep_body: keep the body of the response for the judge.
    """
    began = perf_counter_ns()
    try:
        sock = connection.connected_socket()
    except OSError as error:
        return record_without_answer(
            request, Outcome.UNREACHABLE, _connection_error_text(error), due_ns or began, began
        )
    reader = ResponseReader(request, deadlines, perf_counter_ns(), keep_body=keep_body)
    trouble = _send_and_read(reader, sock, connection, request, deadlines)
    reader.ended_ns = reader.ended_ns or perf_counter_ns()
    answer = _body_to_judge(reader) if keep_body and trouble is None else None
    return _make_record(reader, request, due_ns or reader.sent_ns, trouble, answer)


def _send_and_read(
    reader: ResponseReader, sock: Any, connection: KeptConnection, request: PreparedRequest, deadlines: Deadlines
) -> Trouble:
    """Sends the request and reads its response; drops the connection unless another request may use it."""
    disconnect_timer = None if request.leave is None else start_disconnect_timer(request.leave)
    is_reusable = False
    try:
        sock.settimeout(deadlines.first_byte)
        sock.sendall(request.wire)
        trouble = reader.read(sock, connection)
        is_reusable = trouble is None and not reader.parser.ends_connection()
        return trouble
    except OSError as error:
        return _trouble_from_error(error)
    except ClientLeft:
        return Outcome.LEFT, "the client left the stream as its scenario asks"
    finally:
        if disconnect_timer is not None:
            disconnect_timer.close()
        if not is_reusable:
            connection.drop()


def _connection_error_text(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no connection within the deadline"
    return f"no connection: {error.strerror or error}"


def record_without_answer(
    request: PreparedRequest, outcome: Outcome, detail: str, due_ns: int, sent_ns: int
) -> RequestRecord:
    """The record of a request that got no response at all."""
    return RequestRecord(request.name, outcome, detail, 0, due_ns, sent_ns, perf_counter_ns())


def _trouble_from_error(error: BaseException) -> tuple[Outcome, str]:
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT, "no byte within the deadline"
    return Outcome.CUT, f"the connection broke: {getattr(error, 'strerror', None) or error}"


def _outcome_and_detail(reader: ResponseReader, request: PreparedRequest, trouble: Trouble) -> tuple[Outcome, str]:
    fold, status = reader.fold, reader.parser.get_code() if reader.headers_ns else 0
    if trouble is not None:
        # An error event before the end of the connection names the cause.
        if isinstance(fold, StreamFold) and fold.has_failed and trouble[0] is Outcome.CUT:
            return Outcome.FAILED, fold.detail
        return trouble
    if fold is None:
        text = reader.refusal[:MAX_DETAIL_LENGTH].decode(errors="replace")
        return (Outcome.THROTTLED if status == HTTPStatus.TOO_MANY_REQUESTS else Outcome.REFUSED), f"{status} {text}"
    if request.streams and isinstance(fold, BodyFold):
        return Outcome.STRANGE, "the response to a streaming request is not a stream"
    return fold.outcome_and_detail()


def _body_to_judge(reader: ResponseReader) -> ResponseBody | None:
    """The body of a complete response for the judge; None if it was not kept whole."""
    fold, parser = reader.fold, reader.parser
    body = reader.refusal if fold is None else fold.body
    # Only the start of a long refusal is kept, and a part of a body cannot be judged.
    if body is None or (fold is None and len(body) >= MAX_REFUSAL_BYTES):
        return None
    headers = parser.headers() if fold is None else ()
    fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
    return ResponseBody(parser.get_code(), parser.header("content-type"), body, fields)


def _make_record(
    reader: ResponseReader, request: PreparedRequest, due_ns: int, trouble: Trouble, answer: ResponseBody | None
) -> RequestRecord:
    outcome, detail = _outcome_and_detail(reader, request, trouble)
    fold = reader.fold
    stamps: list[int] = fold.stamps if isinstance(fold, StreamFold) else []
    stream_times: dict[str, Any] = {}
    if isinstance(fold, StreamFold):
        stream_times = {"visible_ns": fold.visible_ns, "done_ns": fold.done_ns, "gaps_ns": fold.gaps_ns}
    return RequestRecord(
        name=request.name,
        outcome=outcome,
        detail=detail,
        status=reader.parser.get_code() if reader.headers_ns else 0,
        due_ns=due_ns,
        sent_ns=reader.sent_ns,
        ended_ns=reader.ended_ns,
        headers_ns=reader.headers_ns,
        first_ns=stamps[0] if stamps else None,
        last_ns=stamps[-1] if stamps else None,
        tokens=fold.tokens if fold is not None else TokenCount(),
        sent_bytes=len(request.wire),
        received_bytes=reader.received,
        retry_after_s=_parse_retry_after_s(reader) if fold is None else None,
        answer=answer,
        **stream_times,
    )


def _parse_retry_after_s(reader: ResponseReader) -> float | None:
    """The seconds that a refusal asks to wait, from its end on; None if it names neither seconds nor a date."""
    text = reader.parser.header("retry-after")
    try:
        # RFC 9110 section 10.2.3 allows no fraction of a second; a client waits for it nevertheless.
        wait_s: float | None = float(text)
    except ValueError:
        wait_s = seconds_until(text, time())
    return max(0.0, wait_s) if wait_s is not None and wait_s < EARLIEST_UNIX_TIME else None
