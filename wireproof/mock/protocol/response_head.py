"""The first lines of an HTTP/1.1 response, and an answer as operations on a connection."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from wireproof.mock.protocol.messages import Headers, HttpResponse, HttpStream, Ops, Outgoing, WireOp

STATUSES_WITHOUT_BODY = frozenset({204, 304})
CONTINUE_RESPONSE = b"HTTP/1.1 100 Continue\r\n\r\n"


@lru_cache(maxsize=128)
def http_status_line(status: int) -> str:
    phrases = {code.value: code.phrase for code in HTTPStatus}
    return f"HTTP/1.1 {status} {phrases.get(status, '')}\r\n"


@lru_cache(maxsize=2)
def http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def head_bytes(status: int, headers: Headers) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    when = http_date(int(time.time()))
    return f"{http_status_line(status)}Date: {when}\r\nServer: wireproof\r\n{lines}\r\n".encode("latin-1", "replace")


def build_ops(outgoing: Outgoing, *, method: str, chunked: bool, keep: bool) -> Ops:
    """The operations that send an answer; the last one closes unless the connection is kept."""
    made = (
        response_ops(outgoing, method, keep)
        if isinstance(outgoing, HttpResponse)
        else stream_ops(outgoing, method, chunked, keep)
    )
    ended = made if keep else (*made, WireOp("close", due_s=made[-1].due_s))
    if outgoing.after_s:
        # The first operation is done at once whenever it is due: it is one that does nothing.
        ended = (WireOp("raw"), *(replace(op, due_s=op.due_s + outgoing.after_s) for op in ended))
    return outgoing.rewrite_ops(ended) if outgoing.rewrite_ops else ended


def connection_header(keep: bool) -> Headers:
    return () if keep else (("Connection", "close"),)


def response_ops(reply: HttpResponse, method: str, keep: bool) -> Ops:
    size = () if reply.status in STATUSES_WITHOUT_BODY else (("Content-Length", str(len(reply.body))),)
    first = WireOp("head", head_bytes(reply.status, (*reply.headers, *size, *connection_header(keep))))
    bare = method == "HEAD" or reply.status in STATUSES_WITHOUT_BODY
    return (first,) if bare else (first, WireOp("body", reply.body))


def stream_ops(plan: HttpStream, method: str, chunked: bool, keep: bool) -> Ops:
    framing = (("Transfer-Encoding", "chunked"),) if chunked else ()
    first = WireOp("head", head_bytes(plan.status, (*plan.headers, *framing, *connection_header(keep))))
    if method == "HEAD":
        return (first,)
    kind = "chunk" if chunked else "body"
    steps = tuple(WireOp(kind, step.data, step.due_s) for step in plan.steps)
    last_s = steps[-1].due_s if steps else 0.0
    return (first, *steps, WireOp("last", due_s=last_s)) if chunked else (first, *steps)


def wire_bytes(op: WireOp) -> bytes:
    """What an operation puts on the wire."""
    if op.kind == "chunk":
        return b"%x\r\n%b\r\n" % (len(op.data), op.data)
    return b"0\r\n\r\n" if op.kind == "last" else op.data
