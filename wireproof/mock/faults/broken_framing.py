"""Faults of framing: the bytes of an answer break RFC 9112, or are cut, delayed or compressed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.messages import Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

BytesChange = Callable[[bytes], bytes]


def on_wire(change: Callable[[Ops], Ops]) -> FaultHooks:
    return FaultHooks(on_wire=change)


def on_head(change: BytesChange) -> FaultHooks:
    return on_wire(lambda ops: tuple(replace(op, data=change(op.data)) if op.kind == "head" else op for op in ops))


def change_length(more: int) -> BytesChange:
    """Returns a change of the Content-Length by so many bytes."""

    def change_bytes(data: bytes) -> bytes:
        return re.sub(
            rb"(?i)(content-length: )(\d+)", lambda match: match[1] + str(max(0, int(match[2]) + more)).encode(), data
        )

    return change_bytes


def add_header_line(text: bytes) -> BytesChange:
    """Returns a change that adds a line to the head."""
    return lambda data: data[:-2] + text + b"\r\n\r\n"


def is_streamed(ops: Ops) -> bool:
    return any(op.kind == "chunk" for op in ops)


def end_in_middle(end: str, share: float = 0.5) -> Callable[[Ops], Ops]:
    """Returns a change that ends a stream or a body in the middle."""

    def change_ops(ops: Ops) -> Ops:
        if is_streamed(ops):
            return (*ops[: max(2, int(len(ops) * share))], WireOp(end))
        return (
            *(
                replace(op, data=op.data[: len(op.data) // 2]) if op.kind == "body" else op
                for op in ops
                if op.kind != "close"
            ),
            WireOp(end),
        )

    return change_ops


def drop_last_chunk(end: str) -> Callable[[Ops], Ops]:
    """Returns a change that ends a stream without its last chunk."""

    def change_ops(ops: Ops) -> Ops:
        return (*(op for op in ops if op.kind not in ("last", "close")), WireOp(end)) if is_streamed(ops) else ops

    return change_ops


def join_chunks(ops: Ops) -> Ops:
    """Joins all events into one chunk, sent at the time of the last one."""
    if not is_streamed(ops):
        return ops
    chunks = [op for op in ops if op.kind == "chunk"]
    whole = WireOp("chunk", b"".join(op.data for op in chunks), chunks[-1].due_s)
    return (ops[0], whole, *(op for op in ops[1:] if op.kind != "chunk"))


def split_in_utf8(ops: Ops) -> Ops:
    """Splits chunks after the first byte of each character that is not ASCII."""
    if not is_streamed(ops):
        return ops
    pieces: list[WireOp] = []
    for op in ops:
        places = [place + 1 for place, byte in enumerate(op.data) if byte >= 0xC0] if op.kind == "chunk" else []
        ends = [0, *places, len(op.data)]
        bounds = pairwise(ends)
        pieces += [replace(op, data=op.data[first:last]) for first, last in bounds] if places else [op]
    return tuple(pieces)


def split_events(ops: Ops) -> Ops:
    """Splits every event into two chunks inside its JSON."""
    pieces: list[WireOp] = []
    for op in ops:
        half = len(op.data) // 2
        pieces += [replace(op, data=op.data[:half]), replace(op, data=op.data[half:])] if op.kind == "chunk" else [op]
    return tuple(pieces)


def add_bad_chunk(ops: Ops) -> Ops:
    """Adds a chunk whose size is not a number."""
    place = len(ops) // 2
    return (*ops[:place], WireOp("raw", b"zz\r\nbroken\r\n"), *ops[place:]) if is_streamed(ops) else ops


def never_answer(ops: Ops) -> Ops:
    return (WireOp("hang"),)


def cut_head_in_half(ops: Ops) -> Ops:
    return (replace(ops[0], data=ops[0].data[: len(ops[0].data) // 2]), WireOp("close"))


def close_silently(ops: Ops) -> Ops:
    """Closes the connection after the answer without announcing it."""
    return ops if ops[-1].kind == "close" else (*ops, WireOp("close"))


def shorten_length(ops: Ops) -> Ops:
    """Lowers the Content-Length below the size of the body, and closes the connection after the answer."""
    # The close keeps the surplus bytes from becoming the beginning of a later answer.
    shortened = tuple(replace(op, data=change_length(-7)(op.data)) if op.kind == "head" else op for op in ops)
    return ops if shortened == ops else close_silently(shortened)


def add_surplus_bytes(ops: Ops) -> Ops:
    """Appends bytes to the end of the answer, in one write with it, so that both arrive together."""
    *before, end = (op for op in ops if op.kind != "close")
    return (*before, WireOp("raw", wire_bytes(end) + b"surplus bytes after the end", end.due_s), WireOp("close"))


def gzip_stream(ops: Ops, compress: Callable[[bytes], bytes] = gzip.compress) -> Ops:
    """Compresses the whole stream into one gzip body, sent at its end."""
    if not is_streamed(ops):
        return ops
    first, whole, *rest = join_chunks(ops)
    first = replace(first, data=add_header_line(b"Content-Encoding: gzip")(first.data))
    return (first, replace(whole, data=compress(whole.data)), *rest)


HOOKS: Mapping[str, FaultHooks] = {
    "stream-gzipped": on_wire(gzip_stream),
    "content-length-long": on_wire(
        lambda ops: close_silently(
            tuple(replace(op, data=change_length(7)(op.data)) if op.kind == "head" else op for op in ops)
        )
    ),
    "content-length-short": on_wire(shorten_length),
    "content-length-word": on_head(lambda data: re.sub(rb"(?i)content-length: \d+", b"Content-Length: many", data)),
    "content-length-twice": on_head(
        lambda data: add_header_line(b"Content-Length: 1")(data) if b"Content-Length" in data else data
    ),
    "length-and-chunks": on_head(
        lambda data: add_header_line(b"Content-Length: 10")(data) if b"chunked" in data else data
    ),
    "body-cut": on_wire(end_in_middle("close")),
    "stream-last-chunk-missing": on_wire(drop_last_chunk("close")),
    "stream-reset": on_wire(end_in_middle("reset")),
    "stream-stalls": on_wire(lambda ops: end_in_middle("hang")(ops) if is_streamed(ops) else ops),
    "stream-buffered": on_wire(join_chunks),
    "chunk-inside-utf8": on_wire(split_in_utf8),
    "chunk-inside-event": on_wire(split_events),
    "chunk-size-broken": on_wire(add_bad_chunk),
    "no-answer": on_wire(never_answer),
    "closed-without-answer": on_wire(lambda ops: (WireOp("close"),)),
    "reset-without-answer": on_wire(lambda ops: (WireOp("reset"),)),
    "head-cut": on_wire(cut_head_in_half),
    "head-broken-line": on_head(add_header_line(b"this is no header")),
    "head-space-before-colon": on_head(add_header_line(b"X-Spaced : value")),
    "status-line-broken": on_head(lambda data: b"HTTP 200 FINE" + data[data.index(b"\r\n") :]),
    "closed-unannounced": on_wire(close_silently),
    "bytes-after-end": on_wire(add_surplus_bytes),
    "content-type-missing": on_head(lambda data: re.sub(rb"(?i)content-type: [^\r]*\r\n", b"", data)),
    "content-type-twice": on_head(add_header_line(b"Content-Type: text/plain")),
    "charset-latin-1": on_head(
        lambda data: re.sub(rb"(?i)(content-type: application/json)", rb"\1; charset=latin-1", data)
    ),
    "date-missing": on_head(lambda data: re.sub(rb"(?i)\r\ndate: [^\r]*", b"", data)),
    "date-local": on_head(lambda data: re.sub(rb"(?i)(\r\ndate: [^\r]*) GMT", rb"\1 +0000", data)),
    "encoding-claimed": on_head(add_header_line(b"Content-Encoding: gzip")),
}
