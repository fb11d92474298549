"""Faults of the wire: what stands on it is not what HTTP promises."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.messages import Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

Change = Callable[[bytes], bytes]


def framing(change: Callable[[Ops], Ops]) -> Lapse:
    return Lapse(frame=change)


def head(change: Change) -> Lapse:
    return framing(lambda ops: tuple(replace(op, data=change(op.data)) if op.kind == "head" else op for op in ops))


def length(more: int) -> Change:
    """A change of the promised length."""

    def changed(data: bytes) -> bytes:
        return re.sub(
            rb"(?i)(content-length: )(\d+)", lambda found: found[1] + str(max(0, int(found[2]) + more)).encode(), data
        )

    return changed


def line(text: bytes) -> Change:
    """One more line in the head."""
    return lambda data: data[:-2] + text + b"\r\n\r\n"


def streams(ops: Ops) -> bool:
    return any(op.kind == "chunk" for op in ops)


def cut(end: str, share: float = 0.5) -> Callable[[Ops], Ops]:
    """A stream or a body that ends in the middle."""

    def changed(ops: Ops) -> Ops:
        if streams(ops):
            return (*ops[: max(2, int(len(ops) * share))], WireOp(end))
        return (
            *(
                replace(op, data=op.data[: len(op.data) // 2]) if op.kind == "body" else op
                for op in ops
                if op.kind != "close"
            ),
            WireOp(end),
        )

    return changed


def at_end(end: str) -> Callable[[Ops], Ops]:
    """A stream whose last chunk never comes."""

    def changed(ops: Ops) -> Ops:
        return (*(op for op in ops if op.kind not in ("last", "close")), WireOp(end)) if streams(ops) else ops

    return changed


def buffered(ops: Ops) -> Ops:
    """All the events in one chunk, when the last of them is due."""
    if not streams(ops):
        return ops
    chunks = [op for op in ops if op.kind == "chunk"]
    whole = WireOp("chunk", b"".join(op.data for op in chunks), chunks[-1].due_s)
    return (ops[0], whole, *(op for op in ops[1:] if op.kind != "chunk"))


def split_in_utf8(ops: Ops) -> Ops:
    """Chunks are cut inside the first character that is no ASCII, and every seven bytes where there is none."""
    if not streams(ops):
        return ops
    made: list[WireOp] = []
    for op in ops:
        places = [place + 1 for place, byte in enumerate(op.data) if byte >= 0xC0] if op.kind == "chunk" else []
        ends = [0, *places, len(op.data)]
        pieces = pairwise(ends)
        made += [replace(op, data=op.data[first:last]) for first, last in pieces] if places else [op]
    return tuple(made)


def mid_line(ops: Ops) -> Ops:
    """Every event is cut into two chunks inside its JSON."""
    made: list[WireOp] = []
    for op in ops:
        half = len(op.data) // 2
        made += [replace(op, data=op.data[:half]), replace(op, data=op.data[half:])] if op.kind == "chunk" else [op]
    return tuple(made)


def bad_chunk(ops: Ops) -> Ops:
    """A chunk's size is no number."""
    place = len(ops) // 2
    return (*ops[:place], WireOp("raw", b"zz\r\nbroken\r\n"), *ops[place:]) if streams(ops) else ops


def never(ops: Ops) -> Ops:
    return (WireOp("hang"),)


def cut_head(ops: Ops) -> Ops:
    return (replace(ops[0], data=ops[0].data[: len(ops[0].data) // 2]), WireOp("close"))


def silent_close(ops: Ops) -> Ops:
    """The connection is closed after the answer, unannounced."""
    return ops if ops[-1].kind == "close" else (*ops, WireOp("close"))


def too_short(ops: Ops) -> Ops:
    """A length is promised that the body exceeds; no later answer of the connection begins with what is left over."""
    made = tuple(replace(op, data=length(-7)(op.data)) if op.kind == "head" else op for op in ops)
    return ops if made == ops else silent_close(made)


def bytes_after(ops: Ops) -> Ops:
    """The surplus leaves in one write with the end of the answer, so that it arrives with it."""
    *kept, end = (op for op in ops if op.kind != "close")
    return (*kept, WireOp("raw", wire_bytes(end) + b"surplus bytes after the end", end.due_s), WireOp("close"))


def gzipped(ops: Ops, packed: Callable[[bytes], bytes] = gzip.compress) -> Ops:
    """The whole stream in one gzip body, flushed at its end."""
    if not streams(ops):
        return ops
    first, whole, *rest = buffered(ops)
    first = replace(first, data=line(b"Content-Encoding: gzip")(first.data))
    return (first, replace(whole, data=packed(whole.data)), *rest)


LAPSES: Mapping[str, Lapse] = {
    "stream-gzipped": framing(gzipped),
    "content-length-long": framing(
        lambda ops: silent_close(tuple(replace(op, data=length(7)(op.data)) if op.kind == "head" else op for op in ops))
    ),
    "content-length-short": framing(too_short),
    "content-length-word": head(lambda data: re.sub(rb"(?i)content-length: \d+", b"Content-Length: many", data)),
    "content-length-twice": head(lambda data: line(b"Content-Length: 1")(data) if b"Content-Length" in data else data),
    "length-and-chunks": head(lambda data: line(b"Content-Length: 10")(data) if b"chunked" in data else data),
    "body-cut": framing(cut("close")),
    "stream-last-chunk-missing": framing(at_end("close")),
    "stream-reset": framing(cut("reset")),
    "stream-stalls": framing(lambda ops: cut("hang")(ops) if streams(ops) else ops),
    "stream-buffered": framing(buffered),
    "chunk-inside-utf8": framing(split_in_utf8),
    "chunk-inside-event": framing(mid_line),
    "chunk-size-broken": framing(bad_chunk),
    "no-answer": framing(never),
    "closed-without-answer": framing(lambda ops: (WireOp("close"),)),
    "reset-without-answer": framing(lambda ops: (WireOp("reset"),)),
    "head-cut": framing(cut_head),
    "head-broken-line": head(line(b"this is no header")),
    "head-space-before-colon": head(line(b"X-Spaced : value")),
    "status-line-broken": head(lambda data: b"HTTP 200 FINE" + data[data.index(b"\r\n") :]),
    "closed-unannounced": framing(silent_close),
    "bytes-after-end": framing(bytes_after),
    "content-type-missing": head(lambda data: re.sub(rb"(?i)content-type: [^\r]*\r\n", b"", data)),
    "content-type-twice": head(line(b"Content-Type: text/plain")),
    "charset-latin-1": head(
        lambda data: re.sub(rb"(?i)(content-type: application/json)", rb"\1; charset=latin-1", data)
    ),
    "date-missing": head(lambda data: re.sub(rb"(?i)\r\ndate: [^\r]*", b"", data)),
    "date-local": head(lambda data: re.sub(rb"(?i)(\r\ndate: [^\r]*) GMT", rb"\1 +0000", data)),
    "encoding-claimed": head(line(b"Content-Encoding: gzip")),
}
