"""What checks expect: each function returns what it found or raises `Violation` with the place.

Every frame here hides itself from tracebacks, so that a failure shows the requirement, not our code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wireproof import pointer
from wireproof.check import (
    Contract,
    Exchange,
    Finding,
    NotJson,
    Provider,
    Refusal,
    Shape,
    Stream,
    Untestable,
    Violation,
    shown,
)

__all__ = [
    "answer", "chunks", "codes", "conforms", "equal", "event_stream", "header", "json_body", "member", "placed",
    "refusal", "refused_somehow", "same", "shape", "shown", "status", "success", "that",
]  # fmt: skip

EVENT_STREAM = "text/event-stream"

# What nearly every check takes for granted, and the checks that judge it.
ANSWERED, JSON_TEXT, EVENTS = "wire.answered", "wire.json", "stream.answers"


def that(
    holds: bool, expected: str, actual: Any, *, where: str = "", at: str | None = None, judged_by: str | None = None
) -> None:
    """A condition holds; `judged_by` names the check that judges it where others take it for granted."""
    __tracebackhide__ = True
    if not holds:
        raise Violation(expected, shown(actual), where=where, at=at, judged_by=judged_by)


def equal(actual: Any, wanted: Any, *, where: str = "", at: str | None = None) -> None:
    """Two values are the same, of the same JSON type."""
    __tracebackhide__ = True
    that(same(actual, wanted), shown(wanted), actual, where=where, at=at)


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it, at every depth: true is not 1, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return bool(left == right)


def status(exchange: Exchange, *wanted: int) -> None:
    """The answer has one of these statuses."""
    __tracebackhide__ = True
    words = " or ".join(str(code) for code in wanted)
    actual = f"{exchange.status} with {shown(exchange.text)}"
    that(exchange.status in wanted, f"status {words}", actual, where="status line")


def success(exchange: Exchange) -> None:
    """The answer has a status of success."""
    __tracebackhide__ = True
    actual = f"{exchange.status} with {shown(exchange.text)}"
    that(exchange.answered, "a status of success (2xx)", actual, where="status line", judged_by=ANSWERED)


def json_body(exchange: Exchange) -> Any:
    """The body is one JSON text."""
    __tracebackhide__ = True
    try:
        return exchange.json
    except NotJson as error:
        actual = f"{shown(exchange.text)} ({error})"
        raise Violation("a JSON body", actual, where="body", judged_by=JSON_TEXT) from None


def answer(exchange: Exchange) -> Mapping[str, Any]:
    """A request is answered with success and one JSON object."""
    __tracebackhide__ = True
    success(exchange)
    body = json_body(exchange)
    that(isinstance(body, dict), "a JSON object", body, where="body")
    found: Mapping[str, Any] = body
    return found


def event_stream(exchange: Exchange) -> Stream:
    """A request is answered with success and an event stream of at least one event."""
    __tracebackhide__ = True
    success(exchange)
    actual = f"{exchange.content_type or 'no content type'} with {shown(exchange.text)}"
    that(exchange.content_type == EVENT_STREAM, EVENT_STREAM, actual, where="Content-Type", judged_by=EVENTS)
    that(bool(exchange.stream.events), "at least one event", shown(exchange.text), where="body", judged_by=EVENTS)
    return exchange.stream


def chunks(exchange: Exchange) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Every event before `[DONE]` is a JSON object; gives (place, chunk) pairs."""
    __tracebackhide__ = True
    stream, found = event_stream(exchange), []
    for chunk in stream.chunks:
        place = f"event {chunk.index} (byte {chunk.event.offset})"
        that(isinstance(chunk.value, dict), "a JSON object", chunk.event.data, where=place)
        found.append((place, chunk.value))
    that(bool(found), "at least one chunk before [DONE]", shown(exchange.text), where="body")
    return tuple(found)


def member(document: Any, at: str, *kinds: type, where: str = "") -> Any:
    """A member stands at a pointer, of one of these Python types where any are named."""
    __tracebackhide__ = True
    try:
        value = pointer.get(document, at)
    except pointer.Missing:
        raise Violation("this member present", "missing", where=f"{where}{at}", at=at) from None
    if kinds:
        fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        words = " or ".join(kind.__name__ for kind in kinds)
        that(fits, f"a value of type {words}", value, where=f"{where}{at}", at=at)
    return value


def header(exchange: Exchange, name: str) -> str:
    """A response header is present, once, with a value."""
    __tracebackhide__ = True
    values = exchange.header_values(name)
    that(
        len(values) == 1 and values[0] != "",
        f"the header {name} once, with a value",
        values,
        where=f"header {name}",
    )
    return values[0]


def conforms(instance: Any, shape: Shape, *, where: str = "") -> None:
    """An instance conforms to a shape of the contract."""
    __tracebackhide__ = True
    findings = shape.findings(instance)
    if findings:
        raise Violation.of(placed(findings, where))


def placed(findings: Iterable[Finding], where: str) -> tuple[Finding, ...]:
    """Findings with the place of their document in front of their pointers."""
    return tuple(
        Finding(found.expected, found.actual, f"{where} {found.where}".strip(), found.pointer) for found in findings
    )


def shape(contract: Contract, name: str) -> Shape:
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
    pairs = ((at, value) for at in provider.code_at for _, value in pointer.find(body, at))
    return tuple((at, value) for at, value in pairs if isinstance(value, str))


def refusal(exchange: Exchange, wanted: Refusal, provider: Provider) -> None:
    """The request is refused with the documented status, as JSON, and with the documented code."""
    __tracebackhide__ = True
    status(exchange, *wanted.status)
    body = json_body(exchange)
    if wanted.code:
        found = codes(exchange, provider)
        words = f"the code {' or '.join(wanted.code)} at {' or '.join(provider.code_at)}"
        that(any(code in wanted.code for _, code in found), words, body, where="body", at=provider.code_at[0])
    if wanted.type:
        actual = next((value for _, value in pointer.find(body, "/error/type")), None)
        words = f"the type {' or '.join(wanted.type)}"
        that(actual in wanted.type, words, actual, where="/error/type", at="/error/type")


def refused_somehow(exchange: Exchange) -> None:
    """The request is refused as the client's mistake: a status from 400 to 499."""
    __tracebackhide__ = True
    fits = exchange.status is not None and 400 <= exchange.status < 500
    actual = f"{exchange.status} with {shown(exchange.text)}"
    that(fits, "a status from 400 to 499", actual, where="status line")
