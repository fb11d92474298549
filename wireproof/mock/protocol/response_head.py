"""The head of an HTTP/1.1 response, and an answer as operations on a connection (RFC 9112)."""

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
    """Returns the operations that send an answer; the last one closes the connection unless `keep` is true."""
    answer_ops = (
        response_ops(outgoing, method, keep)
        if isinstance(outgoing, HttpResponse)
        else stream_ops(outgoing, method, chunked, keep)
    )
    ops = answer_ops if keep else (*answer_ops, WireOp("close", due_s=answer_ops[-1].due_s))
    if outgoing.after_s:
        # A front does the first operation at once, whatever its deadline, so an empty one goes first.
        ops = (WireOp("raw"), *(replace(op, due_s=op.due_s + outgoing.after_s) for op in ops))
    return outgoing.rewrite_ops(ops) if outgoing.rewrite_ops else ops


def connection_header(keep: bool) -> Headers:
    return () if keep else (("Connection", "close"),)


def response_ops(response: HttpResponse, method: str, keep: bool) -> Ops:
    size = () if response.status in STATUSES_WITHOUT_BODY else (("Content-Length", str(len(response.body))),)
    head = WireOp("head", head_bytes(response.status, (*response.headers, *size, *connection_header(keep))))
    has_no_body = method == "HEAD" or response.status in STATUSES_WITHOUT_BODY
    return (head,) if has_no_body else (head, WireOp("body", response.body))


def stream_ops(stream: HttpStream, method: str, chunked: bool, keep: bool) -> Ops:
    framing = (("Transfer-Encoding", "chunked"),) if chunked else ()
    head = WireOp("head", head_bytes(stream.status, (*stream.headers, *framing, *connection_header(keep))))
    if method == "HEAD":
        return (head,)
    kind = "chunk" if chunked else "body"
    steps = tuple(WireOp(kind, step.data, step.due_s) for step in stream.steps)
    last_s = steps[-1].due_s if steps else 0.0
    return (head, *steps, WireOp("last", due_s=last_s)) if chunked else (head, *steps)


def wire_bytes(op: WireOp) -> bytes:
    """Returns the bytes that an operation puts on the wire."""
    if op.kind == "chunk":
        return b"%x\r\n%b\r\n" % (len(op.data), op.data)
    return b"0\r\n\r\n" if op.kind == "last" else op.data
