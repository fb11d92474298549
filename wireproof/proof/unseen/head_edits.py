"""Faults in the status, the headers and the kind of body of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wireproof.evidence.exchange import Exchange
from wireproof.mock.protocol.answers import JSON_TYPE, SSE_TYPE, Answer, PlainAnswer, StreamAnswer
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer, distinct
from wireproof.proof.unseen.derived_fault import AnswerKind, DerivedFault, on_answers, on_exchanges

STATUSES = (200, 201, 202, 204, 206, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)
TYPES = (JSON_TYPE, SSE_TYPE, "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/octet-stream")
HTML_BODY = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Welcome</h1></body></html>"
# The framing of the message follows from these; a client without them reads another body.
FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding"})


def status_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """An answer has another status, and the body that it had."""
    for status in STATUSES:
        if status != recorded.answer.status:

            def change(answer: Answer, status: int = status) -> Answer:
                # HTTP reads no body after a 204, whatever the server sends.
                return replace(_plain(answer, b"") if status == 204 else answer, status=status)

            yield on_answers(family, recorded.kind, f"= {status}", change)


def swapped_body_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A success has the body of an error, and a refusal that of a success."""
    kind = recorded.kind
    if kind.form != "refusal":
        donor: Answer | None = pool.refusal(kind.endpoint)
    else:
        donor = next((one.answer for one in pool.of_kind(AnswerKind(kind.endpoint, "answer"))), None)
    if isinstance(donor, PlainAnswer):
        value = donor.value
        word = "a success" if kind.form == "refusal" else "an error"
        yield on_answers(family, kind, word, lambda answer: _plain(answer, value))


def type_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """An answer names another media type, or none."""
    for media_type in TYPES if recorded.exchange.reads else ():
        if recorded.exchange.content_type != media_type.partition(";")[0]:

            def change(answer: Answer, media_type: str = media_type) -> Answer:
                headers = [(name, value) for name, value in answer.headers if name.lower() != "content-type"]
                return replace(answer, headers=(*headers, ("Content-Type", media_type)))

            yield on_answers(family, recorded.kind, f"= {media_type}", change)


def body_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """An answer has a page of HTML, an empty object, null or nothing as its body."""
    bodies = {"HTML": HTML_BODY, "empty": b"", "{}": b"{}", "null": b"null", "[]": b"[]"}
    for word, body in bodies.items():

        def change(answer: Answer, body: bytes = body) -> Answer:
            return _plain(answer, body)

        yield on_answers(family, recorded.kind, f"= {word}", change)
    word = "= HTML that says so"
    yield on_answers(family, recorded.kind, word, lambda answer: _plain(answer, HTML_BODY, "text/html"))


def dropped_header_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A header is left out."""
    for name in _header_names(recorded.exchange):

        def change(exchange: Exchange, name: str = name) -> Exchange:
            return _with_headers(exchange, [line for line in exchange.headers if _lower(line[0]) != name])

        yield on_exchanges(family, recorded.kind, name, change)


def doubled_header_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A header stands twice."""
    for name in _header_names(recorded.exchange):

        def change(exchange: Exchange, name: str = name) -> Exchange:
            lines = [line for line in exchange.headers if _lower(line[0]) == name]
            return _with_headers(exchange, [*exchange.headers, *lines])

        yield on_exchanges(family, recorded.kind, name, change)


def other_header_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A header has the value that another answer has: that of an earlier one, for every answer."""
    for name in _header_names(recorded.exchange):
        own = recorded.exchange.header(name)
        values = distinct(value for one in pool.answers if (value := one.exchange.header(name)) is not None)
        for other in [value for value in values if value != own][:2]:

            def change(exchange: Exchange, name: str = name, other: str = other) -> Exchange:
                return _with_headers(
                    exchange,
                    [
                        (key, other.encode("latin-1") if _lower(key) == name else value)
                        for key, value in exchange.headers
                    ],
                )

            yield on_exchanges(family, recorded.kind, f"{name} = {other}", change)


def _plain(answer: Answer, value: Any, media_type: str | None = None) -> PlainAnswer:
    """An answer in one piece with this value; it keeps the status, the headers and the media type of the other."""
    own = [(name, one) for name, one in answer.headers if name.lower() != "content-type"]
    named = [(name, one) for name, one in answer.headers if name.lower() == "content-type"]
    if media_type is not None:
        named = [("Content-Type", media_type)]
    elif not named and isinstance(answer, StreamAnswer):
        named = [("Content-Type", SSE_TYPE)]
    return PlainAnswer(answer.status, value, (*named, *own))


def _header_names(exchange: Exchange) -> list[str]:
    return [name for name in exchange.headers_by_name if name not in FRAMING_HEADERS]


def _with_headers(exchange: Exchange, lines: list[tuple[bytes, bytes]]) -> Exchange:
    return replace(exchange, headers=tuple(lines))


def _lower(name: bytes) -> str:
    return name.lower().decode("latin-1")
