"""Decides, from the operations of the server, whether a response has to be sent over a socket to be judged."""

from __future__ import annotations

import re

from wireproof.formats.http_framing import BODILESS_STATUSES
from wireproof.mock.protocol.messages import Ops, WireOp

# RFC 9112, sections 4 and 5: a status line, then field lines.
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)")
BODILESS_STATUS_BYTES = frozenset(str(status).encode() for status in BODILESS_STATUSES)
HeaderFields = list[tuple[bytes, bytes]]


def as_complete_answer(method: str, ops: Ops) -> Ops | None:
    """The operations without a final close, if they are one complete and well-formed HTTP/1.1 response; else None.

    A client reads such a response in full, so its exchange follows from the operations.
    """
    head, *rest = answer = ops[:-1] if ops[-1].kind == "close" and len(ops) > 1 else ops
    lines = _parse_head(head)
    return answer if head.kind == "head" and lines is not None and _has_stated_length(method, *lines, rest) else None


def _has_stated_length(method: str, status: bytes, fields: HeaderFields, rest: list[WireOp]) -> bool:
    """True if the body has the length of its Content-Length, or is chunked (RFC 9112 section 6)."""
    lengths, codings = _field_values(b"content-length", fields), _field_values(b"transfer-encoding", fields)
    if not _is_one_length(lengths):
        return False
    if method == "HEAD" or status in BODILESS_STATUS_BYTES:
        return not rest
    if codings:
        chunks, last = [op for op in rest if op.kind == "chunk" and op.data], rest[-1:]
        return codings == [b"chunked"] and not lengths and last == rest[len(chunks) :] and last[0].kind == "last"
    return all(op.kind == "body" for op in rest) and lengths == [str(sum(len(op.data) for op in rest)).encode()]


def _is_one_length(lengths: list[bytes]) -> bool:
    return len(lengths) < 2 and all(length.isdigit() for length in lengths)


def _field_values(name: bytes, fields: HeaderFields) -> list[bytes]:
    return [value for key, value in fields if key == name]


def has_unreadable_head(ops: Ops) -> bool:
    """True if there is no head, or a head that is invalid HTTP whatever its body is."""
    lines = next((_parse_head(op) for op in ops if op.kind == "head"), None)
    return lines is None or not _is_one_length(_field_values(b"content-length", lines[1]))


def equivalence_key(method: str, ops: Ops) -> object:
    """A key that is equal for responses whose heads differ only in field values; without a head, the operations."""
    head = next((op for op in ops if op.kind == "head"), None)
    if head is None:
        return method, ops
    first, *lines = head.data.split(b"\r\n")
    return method, first, tuple(line.partition(b":")[0] for line in lines)


def _parse_head(head: WireOp) -> tuple[bytes, HeaderFields] | None:
    """The status and the fields of a head; None if a line is malformed."""
    if not head.data.endswith(b"\r\n\r\n"):
        return None
    first, *lines = head.data[:-4].split(b"\r\n")
    status, fields = STATUS_LINE.fullmatch(first), [FIELD_LINE.fullmatch(line) for line in lines]
    if status is None or not all(fields):
        return None
    return status[1], [(field[1].lower(), field[2].strip()) for field in fields if field is not None]
