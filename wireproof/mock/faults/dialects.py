"""Streams in another dialect: events cut, broken, bare, or as another vendor sends them."""

from __future__ import annotations

from wireproof.mock.faults.places import deltas
from wireproof.mock.said import Event, event_bytes, to_json

Events = tuple[Event, ...]
DONE = "[DONE]"


def is_done(event: Event) -> bool:
    return isinstance(event.data, str) and event.data == DONE


def is_json(event: Event) -> bool:
    return isinstance(event.data, dict)


def middle(events: Events) -> int:
    return max(1, len(events) // 2)


def half(events: Events) -> Events:
    return events[: middle(events)]


def broken(events: Events) -> Events:
    place = middle(events)
    return (*events[:place], Event(b'data: {"id":"chatcmpl-1","choices":[{"index":0,\n\n'), *events[place + 1 :])


def split_json(events: Events) -> Events:
    """One chunk's JSON is cut over two events."""
    place = middle(events)
    data = to_json(events[place].data) if is_json(events[place]) else DONE.encode()
    first, last = data[: len(data) // 2], data[len(data) // 2 :]
    return (
        *events[:place],
        Event(b"data: " + first + b"\n\n"),
        Event(b"data: " + last + b"\n\n"),
        *events[place + 1 :],
    )


def plain_texts(events: Events) -> Events:
    texts = [delta.get("content") or "" for event in events if is_json(event) for delta in deltas(event.data)]
    return tuple(Event(text.encode()) for text in texts if text)


def bad_utf8(events: Events) -> Events:
    place = middle(events)
    return (
        *events[:place],
        Event(event_bytes(events[place]).replace(b'"choices"', b'"x":"\xe2\x82","choices"')),
        *events[place + 1 :],
    )


def ollama(events: Events) -> Events:
    return tuple(Event(to_json(event.data) + b"\n") for event in events if is_json(event))


def anthropic(events: Events) -> Events:
    made = []
    for event in events:
        for delta in deltas(event.data) if is_json(event) else ():
            text = {"type": "text_delta", "text": delta.get("content") or ""}
            made.append(Event({"type": "content_block_delta", "index": 0, "delta": text}, "content_block_delta"))
    return tuple(made)


def multiline(block: bytes) -> bytes:
    return block.replace(b',"choices"', b',\ndata: "choices"')
