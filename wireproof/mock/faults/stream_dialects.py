"""Faults of event framing and vendor dialects: events that are cut, broken, unframed, or in another vendor's form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults.answer_places import chunk_deltas
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import (
    DONE_DATA,
    Events,
    insert_events,
    is_json,
    middle_place,
    on_each_block,
    on_stream,
)
from wireproof.mock.protocol.answers import OutgoingEvent, event_bytes, json_bytes
from wireproof.mock.protocol.messages import Ops, WireOp


def break_json(events: Events) -> Events:
    place = middle_place(events)
    return (
        *events[:place],
        OutgoingEvent(b'data: {"id":"chatcmpl-1","choices":[{"index":0,\n\n'),
        *events[place + 1 :],
    )


def split_json(events: Events) -> Events:
    """Splits the JSON of one chunk over two events."""
    place = middle_place(events)
    data = json_bytes(events[place].data) if is_json(events[place]) else DONE_DATA.encode()
    first, last = data[: len(data) // 2], data[len(data) // 2 :]
    return (
        *events[:place],
        OutgoingEvent(b"data: " + first + b"\n\n"),
        OutgoingEvent(b"data: " + last + b"\n\n"),
        *events[place + 1 :],
    )


def as_plain_texts(events: Events) -> Events:
    texts = [delta.get("content") or "" for event in events if is_json(event) for delta in chunk_deltas(event.data)]
    return tuple(OutgoingEvent(text.encode()) for text in texts if text)


def cross_brackets(events: Events) -> Events:
    """Closes the arrays and objects of the second chunk in the wrong order."""
    encoded = json_bytes(events[1].data).decode() if len(events) > 2 and is_json(events[1]) else ""
    return (events[0], OutgoingEvent(f"{encoded.rstrip('}]')}}}]}}}}"), *events[2:]) if encoded else events


def with_invalid_utf8(events: Events) -> Events:
    place = middle_place(events)
    return (
        *events[:place],
        OutgoingEvent(event_bytes(events[place]).replace(b'"choices"', b'"x":"\xe2\x82","choices"')),
        *events[place + 1 :],
    )


def as_ollama(events: Events) -> Events:
    return tuple(OutgoingEvent(json_bytes(event.data) + b"\n") for event in events if is_json(event))


def as_anthropic(events: Events) -> Events:
    converted = []
    for event in events:
        for delta in chunk_deltas(event.data) if is_json(event) else ():
            text = {"type": "text_delta", "text": delta.get("content") or ""}
            converted.append(
                OutgoingEvent({"type": "content_block_delta", "index": 0, "delta": text}, "content_block_delta")
            )
    return tuple(converted)


def split_data_lines(block: bytes) -> bytes:
    return block.replace(b',"choices"', b',\ndata: "choices"')


def split_after_cr(ops: Ops) -> Ops:
    """Ends every chunk between a CR and its LF."""
    pieces: list[WireOp] = []
    for op in ops:
        parts = [replace(op, data=op.data[:-1]), replace(op, data=op.data[-1:])]
        pieces += parts if op.kind == "chunk" and len(op.data) > 1 else [op]
    return tuple(pieces)


HOOKS: Mapping[str, FaultHooks] = {
    "sse-id-and-comment": insert_events(1, OutgoingEvent(b"id: 1\n: keep-alive\n\n")),
    "sse-crlf-split": on_stream(
        lambda events: tuple(OutgoingEvent(event_bytes(event).replace(b"\n", b"\r\n")) for event in events),
        split_after_cr,
    ),
    "stream-broken-json": on_stream(break_json),
    "stream-json-cut": on_stream(split_json),
    "stream-brackets-crossed": on_stream(cross_brackets),
    "stream-plain-text": on_stream(as_plain_texts),
    "stream-json-lines": on_stream(as_ollama),
    "stream-vendor-dialect": on_stream(as_anthropic),
    "stream-invalid-utf8": on_stream(with_invalid_utf8),
    "stream-single-newline": on_each_block(lambda block: block[:-1]),
    "stream-unframed": on_each_block(lambda block: block.removeprefix(b"data: ")),
    "stream-data-in-capitals": on_each_block(lambda block: block.replace(b"data: ", b"Data: ", 1)),
    "sse-no-space": on_each_block(lambda block: re.sub(rb"(?m)^data: ", b"data:", block)),
    "sse-crlf": on_each_block(lambda block: block.replace(b"\n", b"\r\n")),
    "sse-bare-cr": on_each_block(lambda block: block.replace(b"\n", b"\r")),
    "sse-comments": on_each_block(lambda block: b": keep-alive\n\n" + block),
    "sse-bare-colons": on_each_block(lambda block: b":\n\n" + block),
    "sse-empty-data": insert_events(1, OutgoingEvent(b"data:\n\n")),
    "sse-retry-first": insert_events(0, OutgoingEvent(b"retry: 3000\n\n")),
    "sse-retry-word": insert_events(0, OutgoingEvent(b"retry: soon\n\n")),
    "sse-mark-first": insert_events(0, OutgoingEvent(b"\xef\xbb\xbf")),
    "sse-data-over-lines": on_each_block(split_data_lines),
    "sse-comment-as-data": insert_events(1, OutgoingEvent(b"data: : keep-alive\n\n")),
    "sse-vendor-event": insert_events(1, OutgoingEvent({"tool": "x", "status": "running"}, "vendor.tool.progress")),
    "sse-extra-chunk": on_stream(
        lambda events: (*events[:-1], OutgoingEvent({"choices": [], "cost": "0"}), events[-1])
    ),
    "sse-byte-order-mark": insert_events(1, OutgoingEvent(b"\xef\xbb\xbf")),
}
