"""What checks expect: each function returns what it found or raises `Violation` with the place.

Every frame here hides itself from tracebacks, so that a failure shows the requirement, not our code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wireproof.formats import json_pointer
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
from wireproof.judging.excuses import require_kept_whole, require_no_rate_limit
from wireproof.judging.expect_arguments import fits_schema, follows_strict_schema, json_object, parsed_arguments
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
from wireproof.judging.expect_values import condition, equal, header, json_equal, member, recent, same_model

__all__ = [
    "answer",
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
    "findings_with_place",
    "finish_reason",
    "fits_schema",
    "follows_strict_schema",
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
    "parsed_arguments",
    "read_if_valid",
    "recent",
    "refusal",
    "request_body",
    "require_kept_whole",
    "require_no_rate_limit",
    "reset_after_s",
    "retry_after_s",
    "same_model",
    "server_time",
    "shape",
    "status",
    "success",
    "text",
    "tool_calls",
    "whole_number",
]  # fmt: skip

EVENT_STREAM = "text/event-stream"

# What nearly every check takes for granted, and the checks that judge it.
ANSWERED, NO_ERROR, JSON_TEXT, EVENTS = "wire.answered", "wire.no-server-error", "wire.json", "stream.answers"


def request_body(exchange: Exchange) -> Mapping[str, Any]:
    """The body of the request, which we wrote ourselves."""
    body: Mapping[str, Any] = exchange.request_json
    return body


def complete(exchange: Exchange) -> None:
    """A whole answer came; a broken exchange is the business of wire.http and wire.complete alone."""
    if exchange.broken is not None or exchange.status is None:
        raise Inconclusive("no whole answer came")


def no_local_stall(exchange: Exchange, most_ns: float) -> None:
    """We were awake while the answer came: a stall of our own, longer than this, is no delay of the server's."""
    if exchange.stalled_ns > most_ns:
        raise Inconclusive(f"this machine stood still for {exchange.stalled_ns / 1e6:.0f} ms meanwhile")


def status(exchange: Exchange, *wanted: int) -> None:
    """The answer has one of these statuses."""
    __tracebackhide__ = True
    words = " or ".join(str(code) for code in wanted)
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    condition(
        exchange.status in wanted,
        f"status {words}",
        actual,
        where="status line",
        judged_by=_check_for_server_error(exchange),
    )


def success(exchange: Exchange) -> None:
    """The answer has a status of success."""
    __tracebackhide__ = True
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    told_by = _check_for_server_error(exchange) or ANSWERED
    condition(exchange.is_success, "a status of success (2xx)", actual, where="status line", judged_by=told_by)


def json_body(exchange: Exchange) -> Any:
    """The body is one JSON text."""
    __tracebackhide__ = True
    try:
        return exchange.json
    except NotJson as error:
        actual = f"{display_text(exchange.text)} ({error})"
        raise Violation("a JSON body", actual, where="body", judged_by=JSON_TEXT) from None


def answer(exchange: Exchange) -> Mapping[str, Any]:
    """A request is answered with success and one JSON object."""
    __tracebackhide__ = True
    success(exchange)
    body = json_body(exchange)
    condition(isinstance(body, dict), "a JSON object", body, where="body")
    found: Mapping[str, Any] = body
    return found


def event_stream(exchange: Exchange) -> Stream:
    """A request is answered with success and an event stream of at least one event."""
    __tracebackhide__ = True
    # Nearly every check of a stream begins here: what there is to say is put together where it is said.
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
    """Every event before `[DONE]` is a JSON object; gives (place, chunk) pairs."""
    __tracebackhide__ = True
    stream, found = event_stream(exchange), []
    for chunk in stream.chunks:
        condition(isinstance(chunk.value, dict), "a JSON object", chunk.event.data, where=chunk_place(chunk))
        found.append((chunk_place(chunk), chunk.value))
    condition(bool(found), "at least one chunk before [DONE]", display_text(exchange.text), where="body")
    return tuple(found)


def events(exchange: Exchange) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Place, type and value of each event of a stream of typed events."""
    __tracebackhide__ = True
    return [(place, str(value.get("type")), value) for place, value in chunks(exchange)]


def is_stream(exchange: Exchange) -> bool:
    """Whether an event stream came."""
    return exchange.content_type == EVENT_STREAM


def chunk_place(chunk: Chunk) -> str:
    """Where a chunk stands, in words."""
    return f"event {chunk.index} (byte {chunk.event.offset})"


def text(exchange: Exchange) -> str:
    """The text of the first choice of a chat answer, streamed or not; empty where it has none."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return choice.content if choice else ""
    content = member(answer(exchange), "/choices/0/message", dict).get("content")
    return content if isinstance(content, str) else ""


def finish_reason(exchange: Exchange) -> Any:
    """The finish reason of the first choice of a chat answer, streamed or not."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return next(iter(choice.finish_reasons), None) if choice else None
    return member(answer(exchange), "/choices/0", dict).get("finish_reason")


def tool_calls(exchange: Exchange) -> tuple[ToolCall, ...]:
    """The calls of the first choice of a chat answer, streamed or not; none is an empty tuple."""
    __tracebackhide__ = True
    if is_stream(exchange):
        choice = event_stream(exchange).choice(0)
        return choice.tool_calls if choice else ()
    document, at = answer(exchange), "/choices/0/message/tool_calls"
    given = member(document, "/choices/0/message", dict).get("tool_calls") or []
    condition(isinstance(given, list), "an array", given, at=at)
    return tuple(_read_tool_call(document, f"{at}/{n}", n) for n in range(len(given)))


def _read_tool_call(document: Any, at: str, index: int) -> ToolCall:
    named, given = (member(document, f"{at}/function/{name}", str) for name in ("name", "arguments"))
    return ToolCall(index, member(document, at, dict).get("id"), named, given)


def conforms(instance: Any, shape: SchemaView, *, where: str = "") -> None:
    """An instance conforms to a shape of the contract."""
    __tracebackhide__ = True
    findings = shape.findings(instance)
    if findings:
        raise Violation.from_findings(findings_with_place(findings, where))


def findings_with_place(findings: Iterable[Finding], where: str) -> tuple[Finding, ...]:
    """Findings with the place of their document in front of their pointers."""
    return tuple(
        Finding(found.expected, found.actual, f"{where} {found.where}".strip(), found.pointer) for found in findings
    )


def shape(contract: Contract, name: str) -> SchemaView:
    """The contract's schema of that name; where the document describes none there is nothing to judge."""
    found = contract.shape(name)
    if found is None:
        raise Untestable(f"the contract describes no shape {name}")
    return found


def codes(exchange: Exchange, provider: Provider) -> tuple[tuple[str, str], ...]:
    """Every (pointer, text) where the provider may put the machine code of a refusal."""
    try:
        body = exchange.json
    except NotJson:
        return ()
    pairs = ((at, value) for at in provider.code_at for _, value in json_pointer.find(body, at))
    return tuple((at, value) for at, value in pairs if isinstance(value, str))


def refusal(exchange: Exchange, wanted: Refusal, provider: Provider) -> None:
    """The request is refused with the documented status, as JSON, and with the documented code."""
    __tracebackhide__ = True
    status(exchange, *wanted.status)
    body = json_body(exchange)
    if wanted.code:
        found = codes(exchange, provider)
        words = f"the code {' or '.join(wanted.code)} at {' or '.join(provider.code_at)}"
        condition(any(code in wanted.code for _, code in found), words, body, where="body", at=provider.code_at[0])
    if wanted.type:
        actual = next((value for _, value in json_pointer.find(body, "/error/type")), None)
        words = f"the type {' or '.join(wanted.type)}"
        condition(actual in wanted.type, words, actual, where="/error/type", at="/error/type")


def client_error(exchange: Exchange) -> None:
    """The request is refused as the client's mistake: a status from 400 to 499."""
    __tracebackhide__ = True
    fits = exchange.status is not None and 400 <= exchange.status < 500
    actual = f"{exchange.status} with {display_text(exchange.text)}"
    condition(
        fits, "a status from 400 to 499", actual, where="status line", judged_by=_check_for_server_error(exchange)
    )


def _check_for_server_error(exchange: Exchange) -> str | None:
    return NO_ERROR if exchange.status is not None and exchange.status >= 500 else None
