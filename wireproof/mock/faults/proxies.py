"""Faults of proxies between model and client: pauses, pings, gzip that is not decoded."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults.broken_framing import gzip_stream, is_streamed, on_wire
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import Events, middle_place, on_stream
from wireproof.mock.protocol.answers import OutgoingEvent, event_bytes
from wireproof.mock.protocol.messages import Ops

# Longer than an impatient client waits, and shorter than an ordinary deadline.
STREAM_PAUSE_S = 2.0
# zlib's window bits for a gzip body with the largest window.
GZIP_WBITS = 16 + zlib.MAX_WBITS
PING_BLOCK = b": ping - 2024-02-14 10:00:00.000000\r\n\r\n"


def pause_in_middle(ops: Ops) -> Ops:
    """Delays the second half of a stream."""
    if not is_streamed(ops):
        return ops
    half = len(ops) // 2
    return (*ops[:half], *(replace(op, due_s=op.due_s + STREAM_PAUSE_S) for op in ops[half:]))


def insert_ping(events: Events) -> Events:
    """Ends lines with CRLF, and inserts a ping in the middle."""
    blocks = [event_bytes(event).replace(b"\n", b"\r\n") for event in events]
    place = middle_place(events)
    return tuple(OutgoingEvent(block) for block in (*blocks[:place], PING_BLOCK, *blocks[place:]))


def gzip_as_text(events: Events) -> Events:
    """Sends a stream in gzip that a proxy decoded as UTF-8, which loses invalid bytes."""
    compressed = gzip.compress(b"".join(map(event_bytes, events)), mtime=0)
    return (OutgoingEvent(compressed.decode("utf-8", "replace").encode()),)


def cut_gzip(ops: Ops) -> Ops:
    """Sends a stream in gzip without its last quarter; cut before compression, so the same text is always lost."""
    if not is_streamed(ops):
        return ops
    return gzip_stream(ops, compress=gzip_three_quarters)


def gzip_three_quarters(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=GZIP_WBITS)
    return compressor.compress(data[: len(data) * 3 // 4]) + compressor.flush(zlib.Z_SYNC_FLUSH)


HOOKS: Mapping[str, FaultHooks] = {
    "stream-pauses": on_wire(pause_in_middle),
    "sse-crlf-and-pings": on_stream(insert_ping),
    "stream-gzip-as-text": on_stream(gzip_as_text),
    "stream-gzip-cut": on_wire(cut_gzip),
}
