"""Expectations of checks: each function returns the examined value, or raises `Violation` with the place.

Every frame here hides itself from tracebacks, so that a failure shows the requirement and not our code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from wireproof.contract.case import STREAM_QUERY
from wireproof.evidence.token_usage import ANSWER_COUNTS, PROMPT_COUNTS, TOKEN_CAPS, stated_count
from wireproof.formats import json_pointer
from wireproof.judging.broken_text import broken_form
from wireproof.judging.check import (
    Chunk,
    Contract,
    Exchange,
    Finding,
    Inconclusive,
    NotJson,
    Provider,
    Refusal,
    SchemaView,
    Stream,
    ToolCall,
    Untestable,
    Violation,
    display_text,
)
from wireproof.judging.deadline import passed_deadline_text
from wireproof.judging.excuses import require_kept_whole, require_no_rate_limit
from wireproof.judging.expect_answers import given_answer, object_in, objects_in
from wireproof.judging.expect_arguments import follows_schema, json_object, parsed_arguments
from wireproof.judging.expect_cuts import (
    CALL_MARKS,
    EVENT_STREAM,
    NO_CALL,
    OBJECT_MARKS,
    filled_cap,
    reached_cap,
    requested_cap,
    undecided_if_cut,
)
from wireproof.judging.expect_limits import (
    header_duration_s,
    header_int,
    is_whole_number,
    read_if_valid,
    reset_after_s,
    retry_after_s,
    server_time,
    whole_number,
)
from wireproof.judging.expect_pages import follow_each_other, page_entries
from wireproof.judging.expect_values import condition, equal, header, json_equal, member, recent, same_model
from wireproof.judging.request_members import requires_call

# The events that end the stream of a response and carry it.
RESPONSE_ENDS = ("response.completed", "response.incomplete", "response.failed")

__all__ = [
    "ANSWER_COUNTS",
    "CALL_MARKS",
    "NO_CALL",
    "OBJECT_MARKS",
    "PROMPT_COUNTS",
    "TOKEN_CAPS",
    "answer",
    "asks_for_stream",
    "broken_form",
    "check_for_server_error",
    "check_for_total",
    "chunk_place",
    "chunks",
    "client_error",
    "codes",
    "complete",
    "condition",
    "conforms",
    "display_text",
    "equal",
    "event_stream",
    "events",
    "filled_cap",
    "findings_with_place",
    "finish_reason",
    "follow_each_other",
    "follows_schema",
    "given_answer",
    "header",
    "header_duration_s",
    "header_int",
    "is_stream",
    "is_whole_number",
    "json_body",
    "json_equal",
    "json_object",
    "member",
    "no_local_stall",
    "object_in",
    "objects_in",
    "page_entries",
    "parsed_arguments",
    "passed_deadline_text",
    "reached_cap",
    "read_if_valid",
    "recent",
    "refusal",
    "request_body",
    "requested_cap",
    "require_kept_whole",
    "require_no_rate_limit",
    "requires_call",
    "reset_after_s",
    "retry_after_s",
    "same_model",
    "server_time",
    "shape",
    "stated_count",
    "status",
    "success",
    "text",
    "tool_calls",
    "undecided_if_cut",
    "whole_number",
    "whole_response",
]  # fmt: skip

# Nearly every check presupposes these; each is judged by a check of its own.
ANSWERED, NO_ERROR, JSON_TEXT, EVENTS = "wire.answered", "wire.no-server-error", "wire.json", "stream.answers"
REFUSED, PLAUSIBLE = "errors.refused-somehow", "usage.plausible"


def request_body(exchange: Exchange) -> Mapping[str, Any]:
    """The JSON body of our own request."""
    body: Mapping[str, Any] = exchange.request_json
    return body


def asks_for_stream(exchange: Exchange) -> bool:
    """True if the request sets `stream`, in its body or in the query of its address."""
    if STREAM_QUERY in urlsplit(exchange.request.url).query:
        return True
    try:
        body = exchange.request_json
    except NotJson:
        return False
    return isinstance(body, dict) and body.get("stream") is True


def complete(exchange: Exchange) -> None:
    """Raises Inconclusive for an incomplete response; only wire.http and wire.complete judge broken exchanges."""
    if exchange.broken is not None or exchange.status is None:
        raise Inconclusive("no complete response arrived")


def no_local_stall(exchange: Exchange, most_ns: float) -> None:
    """Raises Inconclusive if our own event loop stalled longer than this, since that is no delay of the server."""
    if exchange.stalled_ns > most_ns:
        raise Inconclusive(f"this machine stalled for {exchange.stalled_ns / 1e6:.0f} ms meanwhile")


def status(exchange: Exchange, *wanted: int, judged_by: str | None = None) -> None:
    """Requires one of these statuses.

    Args:
        judged_by: the check that judges another status; an error of the server has a check of its own.
    """
    __tracebackhide__ = True
    words = " or ".join(str(code) for code in wanted)
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    condition(
        exchange.status in wanted,
        f"status {words}",
        actual,
        where="status line",
        judged_by=check_for_server_error(exchange) or judged_by,
    )


def success(exchange: Exchange) -> None:
    """Requires a status of success."""
    __tracebackhide__ = True
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    judged_by = check_for_server_error(exchange) or ANSWERED
    condition(exchange.is_success, "a status of success (2xx)", actual, where="status line", judged_by=judged_by)


def json_body(exchange: Exchange) -> Any:
    """Requires a body of one JSON text; returns its value."""
    __tracebackhide__ = True
    try:
        return exchange.json
    except NotJson as error:
        actual = f"{display_text(exchange.text)} ({error})"
        raise Violation("a JSON body", actual, where="body", judged_by=JSON_TEXT) from None


def answer(exchange: Exchange) -> Mapping[str, Any]:
    """Requires success and a body of one JSON object; returns the object."""
    __tracebackhide__ = True
    success(exchange)
    body = json_body(exchange)
    condition(isinstance(body, dict), "a JSON object", body, where="body")
    document: Mapping[str, Any] = body
    return document


def whole_response(exchange: Exchange) -> Mapping[str, Any]:
    """Requires a response of the Responses API, of a stream that of its final event; Inconclusive if that has none."""
    __tracebackhide__ = True
    if not is_stream(exchange):
        return answer(exchange)
    found = [value.get("response") for _, kind, value in events(exchange) if kind in RESPONSE_ENDS]
    if not found or not isinstance(found[-1], dict):
        raise Inconclusive("the stream ends without a whole response")
    return found[-1]


def event_stream(exchange: Exchange) -> Stream:
    """Requires success and an event stream of at least one event; returns the stream."""
    __tracebackhide__ = True
    # Nearly every check of a stream begins here, so the texts of failures are built only for a failure.
    if exchange.is_success and is_stream(exchange) and exchange.stream.events:
        return exchange.stream
    success(exchange)
    actual = f"{exchange.content_type or 'no content type'} with {display_text(exchange.text)}"
    condition(exchange.content_type == EVENT_STREAM, EVENT_STREAM, actual, where="Content-Type", judged_by=EVENTS)
    condition(
        bool(exchange.stream.events), "at least one event", display_text(exchange.text), where="body", judged_by=EVENTS
    )
    return exchange.stream


def chunks(exchange: Exchange) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Requires every event before `[DONE]` to be a JSON object; returns (place, chunk) pairs, at least one."""
    __tracebackhide__ = True
    stream, pairs = event_stream(exchange), []
    for chunk in stream.chunks:
        condition(isinstance(chunk.value, dict), "a JSON object", chunk.event.data, where=chunk_place(chunk))
        pairs.append((chunk_place(chunk), chunk.value))
    condition(bool(pairs), "at least one chunk before [DONE]", display_text(exchange.text), where="body")
    return tuple(pairs)


def events(exchange: Exchange) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The (place, type, value) of each event of a stream of typed events."""
    __tracebackhide__ = True
    return [(place, str(value.get("type")), value) for place, value in chunks(exchange)]


def is_stream(exchange: Exchange) -> bool:
    """True if the response is an event stream, by its Content-Type, and not a JSON text that is mislabelled."""
    return exchange.is_event_stream


def chunk_place(chunk: Chunk) -> str:
    """The place of a chunk in words, such as `event 3 (byte 120)`."""
    return f"event {chunk.index} (byte {chunk.event.offset})"


def text(exchange: Exchange) -> str:
    """The text of the first choice of a chat response, streamed or not; empty if it has none."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return choice.content if choice else ""
    content = member(answer(exchange), "/choices/0/message", dict).get("content")
    return content if isinstance(content, str) else ""


def finish_reason(exchange: Exchange) -> Any:
    """The finish reason of the first choice of a chat response, streamed or not."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return next(iter(choice.finish_reasons), None) if choice else None
    return member(answer(exchange), "/choices/0", dict).get("finish_reason")


def tool_calls(exchange: Exchange) -> tuple[ToolCall, ...]:
    """The tool calls of the first choice of a chat response, streamed or not; empty if there are none."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return choice.tool_calls if choice else ()
    document, at = answer(exchange), "/choices/0/message/tool_calls"
    calls = member(document, "/choices/0/message", dict).get("tool_calls") or []
    condition(isinstance(calls, list), "an array", calls, at=at)
    return tuple(_read_tool_call(document, f"{at}/{n}", n) for n in range(len(calls)))


def _read_tool_call(document: Any, at: str, index: int) -> ToolCall:
    function, arguments = (member(document, f"{at}/function/{name}", str) for name in ("name", "arguments"))
    return ToolCall(index, member(document, at, dict).get("id"), function, arguments)


def conforms(instance: Any, shape: SchemaView, *, where: str = "") -> None:
    """Requires an instance to conform to a schema of the contract.

    Args:
        where: name of the document, put in front of the pointers of the findings.
    """
    __tracebackhide__ = True
    findings = shape.findings(instance)
    if findings:
        raise Violation.from_findings(findings_with_place(findings, where))


def findings_with_place(findings: Iterable[Finding], where: str) -> tuple[Finding, ...]:
    """The findings with the name of their document in front of their places."""
    return tuple(
        Finding(finding.expected, finding.actual, f"{where} {finding.where}".strip(), finding.pointer)
        for finding in findings
    )


def shape(contract: Contract, name: str) -> SchemaView:
    """The contract's schema of that name; raises Untestable if the document describes none."""
    schema = contract.shape(name)
    if schema is None:
        raise Untestable(f"the contract describes no shape {name}")
    return schema


def codes(exchange: Exchange, provider: Provider) -> tuple[tuple[str, str], ...]:
    """The (pointer, text) of every machine-readable code in a refusal, at the places that the provider names."""
    try:
        body = exchange.json
    except NotJson:
        return ()
    pairs = ((at, value) for at in provider.code_at for _, value in json_pointer.find(body, at))
    return tuple((at, value) for at, value in pairs if isinstance(value, str))


def refusal(exchange: Exchange, wanted: Refusal, provider: Provider) -> None:
    """Requires a refusal with the documented status, as JSON, with the documented code and type."""
    __tracebackhide__ = True
    status(exchange, *wanted.status, judged_by=REFUSED if exchange.is_success else None)
    body = json_body(exchange)
    if wanted.code:
        pairs = codes(exchange, provider)
        words = f"the code {' or '.join(wanted.code)} at {' or '.join(provider.code_at)}"
        condition(any(code in wanted.code for _, code in pairs), words, body, where="body", at=provider.code_at[0])
    if wanted.type:
        actual = next((value for _, value in json_pointer.find(body, "/error/type")), None)
        words = f"the type {' or '.join(wanted.type)}"
        condition(actual in wanted.type, words, actual, where="/error/type", at="/error/type")


def client_error(exchange: Exchange, judged_by: str | None = None) -> None:
    """Requires a refusal as the client's mistake: a status from 400 to 499.

    Args:
        judged_by: the check that judges another status; an error of the server has a check of its own.
    """
    __tracebackhide__ = True
    fits = exchange.status is not None and 400 <= exchange.status < 500
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    judged_by = check_for_server_error(exchange) or judged_by
    condition(fits, "a status from 400 to 499", actual, where="status line", judged_by=judged_by)


def check_for_server_error(exchange: Exchange) -> str | None:
    """The check that judges an error of the server; None if the status is no such error."""
    return NO_ERROR if exchange.status is not None and exchange.status >= 500 else None


def check_for_total(total: Any, parts: Collection[int]) -> str | None:
    """The check that judges a total below one of its parts; None if no part is above the total."""
    return PLAUSIBLE if type(total) is int and total < max(parts) else None
