"""Faults of framing and dialect: events cut, broken, bare, or as another vendor sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults.answer_places import deltas
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import DONE, Events, inserted, is_json, middle, raw_blocks, telling
from wireproof.mock.protocol.answers import OutgoingEvent, event_bytes, json_bytes
from wireproof.mock.protocol.messages import Ops, WireOp


def broken(events: Events) -> Events:
    place = middle(events)
    return (
        *events[:place],
        OutgoingEvent(b'data: {"id":"chatcmpl-1","choices":[{"index":0,\n\n'),
        *events[place + 1 :],
    )


def split_json(events: Events) -> Events:
    """One chunk's JSON is cut over two events."""
    place = middle(events)
    data = json_bytes(events[place].data) if is_json(events[place]) else DONE.encode()
    first, last = data[: len(data) // 2], data[len(data) // 2 :]
    return (
        *events[:place],
        OutgoingEvent(b"data: " + first + b"\n\n"),
        OutgoingEvent(b"data: " + last + b"\n\n"),
        *events[place + 1 :],
    )


def plain_texts(events: Events) -> Events:
    texts = [delta.get("content") or "" for event in events if is_json(event) for delta in deltas(event.data)]
    return tuple(OutgoingEvent(text.encode()) for text in texts if text)


def crossed(events: Events) -> Events:
    """The second chunk closes its arrays and objects in the wrong order."""
    told = json_bytes(events[1].data).decode() if len(events) > 2 and is_json(events[1]) else ""
    return (events[0], OutgoingEvent(f"{told.rstrip('}]')}}}]}}}}"), *events[2:]) if told else events


def bad_utf8(events: Events) -> Events:
    place = middle(events)
    return (
        *events[:place],
        OutgoingEvent(event_bytes(events[place]).replace(b'"choices"', b'"x":"\xe2\x82","choices"')),
        *events[place + 1 :],
    )


def ollama(events: Events) -> Events:
    return tuple(OutgoingEvent(json_bytes(event.data) + b"\n") for event in events if is_json(event))


def anthropic(events: Events) -> Events:
    made = []
    for event in events:
        for delta in deltas(event.data) if is_json(event) else ():
            text = {"type": "text_delta", "text": delta.get("content") or ""}
            made.append(
                OutgoingEvent({"type": "content_block_delta", "index": 0, "delta": text}, "content_block_delta")
            )
    return tuple(made)


def multiline(block: bytes) -> bytes:
    return block.replace(b',"choices"', b',\ndata: "choices"')


def split_after_cr(ops: Ops) -> Ops:
    """Every chunk ends between a CR and its LF."""
    made: list[WireOp] = []
    for op in ops:
        parts = [replace(op, data=op.data[:-1]), replace(op, data=op.data[-1:])]
        made += parts if op.kind == "chunk" and len(op.data) > 1 else [op]
    return tuple(made)


LAPSES: Mapping[str, Lapse] = {
    "sse-id-and-comment": inserted(1, OutgoingEvent(b"id: 1\n: keep-alive\n\n")),
    "sse-crlf-split": telling(
        lambda events: tuple(OutgoingEvent(event_bytes(event).replace(b"\n", b"\r\n")) for event in events),
        split_after_cr,
    ),
    "stream-broken-json": telling(broken),
    "stream-json-cut": telling(split_json),
    "stream-brackets-crossed": telling(crossed),
    "stream-plain-text": telling(plain_texts),
    "stream-json-lines": telling(ollama),
    "stream-vendor-dialect": telling(anthropic),
    "stream-invalid-utf8": telling(bad_utf8),
    "stream-single-newline": raw_blocks(lambda block: block[:-1]),
    "stream-unframed": raw_blocks(lambda block: block.removeprefix(b"data: ")),
    "stream-data-in-capitals": raw_blocks(lambda block: block.replace(b"data: ", b"Data: ", 1)),
    "sse-no-space": raw_blocks(lambda block: block.replace(b"data: ", b"data:")),
    "sse-crlf": raw_blocks(lambda block: block.replace(b"\n", b"\r\n")),
    "sse-bare-cr": raw_blocks(lambda block: block.replace(b"\n", b"\r")),
    "sse-comments": raw_blocks(lambda block: b": keep-alive\n\n" + block),
    "sse-bare-colons": raw_blocks(lambda block: b":\n\n" + block),
    "sse-empty-data": inserted(1, OutgoingEvent(b"data:\n\n")),
    "sse-retry-first": inserted(0, OutgoingEvent(b"retry: 3000\n\n")),
    "sse-retry-word": inserted(0, OutgoingEvent(b"retry: soon\n\n")),
    "sse-mark-first": inserted(0, OutgoingEvent(b"\xef\xbb\xbf")),
    "sse-data-over-lines": raw_blocks(multiline),
    "sse-comment-as-data": inserted(1, OutgoingEvent(b"data: : keep-alive\n\n")),
    "sse-vendor-event": inserted(1, OutgoingEvent({"tool": "x", "status": "running"}, "vendor.tool.progress")),
    "sse-extra-chunk": telling(lambda events: (*events[:-1], OutgoingEvent({"choices": [], "cost": "0"}), events[-1])),
    "sse-byte-order-mark": inserted(1, OutgoingEvent(b"\xef\xbb\xbf")),
}
