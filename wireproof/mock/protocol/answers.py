"""Answers as values, and their encoding into bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import orjson

from wireproof.mock.protocol.coded_bodies import encode_content
from wireproof.mock.protocol.messages import Headers, HttpResponse, HttpStream, OpsRewrite, StreamStep

JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer in one piece; a value of bytes is sent unchanged, any other value as JSON.

    Attributes:
        delay_s: the seconds before it begins.
    """

    status: int
    value: Any
    headers: Headers = ()
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """One server-sent event; a text is sent verbatim as its data, bytes replace the whole block."""

    data: Any
    name: str | None = None

    def __reduce__(self) -> tuple[type[OutgoingEvent], tuple[Any, str | None]]:
        # A dry run copies streams of a thousand events a thousand times; dataclasses take twice as long for it.
        return OutgoingEvent, (self.data, self.name)


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """A streamed answer.

    Attributes:
        tokens: the total tokens of its usage, whether or not the stream shows them.
        delay_s: the seconds before it begins.
    """

    status: int
    events: tuple[OutgoingEvent, ...]
    headers: Headers = ()
    tokens: int = 0
    delay_s: float = 0.0


Answer = PlainAnswer | StreamAnswer


def with_headers(answer: Answer, headers: Headers) -> Answer:
    return replace(answer, headers=(*answer.headers, *headers))


def json_bytes(value: Any) -> bytes:
    """JSON as UTF-8; a lone surrogate stays escaped, since UTF-8 has no form for it."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # also raised for integers of more than 64 bits
        return json.dumps(value, separators=(",", ":")).encode()


def event_bytes(event: OutgoingEvent) -> bytes:
    if isinstance(event.data, bytes):
        return event.data
    data = event.data.encode() if isinstance(event.data, str) else json_bytes(event.data)
    name = b"" if event.name is None else b"event: " + event.name.encode() + b"\n"
    return name + b"data: " + data + b"\n\n"


def with_content_type(headers: Headers, content_type: str) -> Headers:
    """The headers with a content type, unless they have one."""
    if any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return (("Content-Type", content_type), *headers)


def encode_answer(answer: Answer, *, gap_s: float, rewrite_ops: OpsRewrite | None = None) -> HttpResponse | HttpStream:
    if isinstance(answer, PlainAnswer):
        body = answer.value if isinstance(answer.value, bytes) else json_bytes(answer.value)
        return HttpResponse(
            answer.status,
            with_content_type(answer.headers, JSON_TYPE),
            encode_content(answer.headers, body),
            rewrite_ops,
            answer.delay_s,
        )
    steps = tuple(StreamStep(index * gap_s, event_bytes(event)) for index, event in enumerate(answer.events))
    headers = (*with_content_type(answer.headers, SSE_TYPE), ("Cache-Control", "no-cache"))
    return HttpStream(answer.status, headers, steps, rewrite_ops, answer.delay_s)
