"""Faults of what stands between a model and its client: pauses, pings, and gzip that nobody unpacks."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults.broken_framing import framing, gzipped, streams
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import Events, middle, telling
from wireproof.mock.protocol.answers import OutgoingEvent, event_bytes
from wireproof.mock.protocol.messages import Ops

# Longer than a client that is in a hurry waits, and shorter than one with an ordinary deadline.
PAUSE_S = 2.0
# What zlib calls a gzip body with the largest window.
GZIP = 16 + zlib.MAX_WBITS
PING = b": ping - 2024-02-14 10:00:00.000000\r\n\r\n"


def paused(ops: Ops) -> Ops:
    """The second half of a stream comes after a silence."""
    if not streams(ops):
        return ops
    half = len(ops) // 2
    return (*ops[:half], *(replace(op, due_s=op.due_s + PAUSE_S) for op in ops[half:]))


def pinged(events: Events) -> Events:
    """Lines end with CRLF, and a ping stands in the middle."""
    made = [event_bytes(event).replace(b"\n", b"\r\n") for event in events]
    place = middle(events)
    return tuple(OutgoingEvent(block) for block in (*made[:place], PING, *made[place:]))


def as_text(events: Events) -> Events:
    """A stream in gzip that a relay has read as text: what is no UTF-8 is lost."""
    packed = gzip.compress(b"".join(map(event_bytes, events)), mtime=0)
    return (OutgoingEvent(packed.decode("utf-8", "replace").encode()),)


def unfinished(ops: Ops) -> Ops:
    """A stream in gzip whose last quarter never comes: cut before it is packed, where the same text is always lost."""
    if not streams(ops):
        return ops
    return gzipped(ops, packed=first_three_quarters)


def first_three_quarters(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=GZIP)
    return packer.compress(data[: len(data) * 3 // 4]) + packer.flush(zlib.Z_SYNC_FLUSH)


LAPSES: Mapping[str, Lapse] = {
    "stream-pauses": framing(paused),
    "sse-crlf-and-pings": telling(pinged),
    "stream-gzip-as-text": telling(as_text),
    "stream-gzip-cut": framing(unfinished),
}
