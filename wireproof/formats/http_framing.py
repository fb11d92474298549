"""The end of an HTTP/1.1 response by its own framing (RFC 9112 section 6.3), found in the raw bytes of a connection.

An HTTP parser stops at that end and reads later bytes as the start of the next response. Checks must see those
bytes: otherwise surplus bytes of one response become evidence of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HEAD_END = re.compile(rb"\r?\n\r?\n")
INTERIM_STATUS = re.compile(rb"HTTP/1\.[01] (1\d\d)")
LAST_CHUNK_END = re.compile(rb"\n\r?\n\Z")
BODILESS_STATUSES = frozenset({204, 304})


def has_surplus_bytes(
    start: bytes, tail: bytes, size: int, *, method: str, status: int, headers: Iterable[tuple[bytes, bytes]]
) -> bool:
    """True if the peer sent more bytes than the response has.

    Args:
        start: the first bytes received, with the whole head.
        tail: the last bytes received.
        size: number of all bytes received.
    """
    head = _head_size(start)
    by_name = {name.lower(): value for name, value in headers}
    if head is None:
        return False
    if method == "HEAD" or status in BODILESS_STATUSES:
        return size > head
    if b"transfer-encoding" in by_name:
        return LAST_CHUNK_END.search(tail) is None
    length = by_name.get(b"content-length", b"")
    return length.isdigit() and size > head + int(length)


def interim_statuses(start: bytes) -> tuple[int, ...]:
    """Statuses of the interim responses, such as 100, before the final one."""
    statuses, at = [], 0
    while (status := INTERIM_STATUS.match(start, at)) and (end := HEAD_END.search(start, at)):
        statuses.append(int(status[1]))
        at = end.end()
    return tuple(statuses)


def _head_size(start: bytes) -> int | None:
    """Number of bytes up to the end of the final head, interim responses such as 103 included."""
    at = 0
    while (end := HEAD_END.search(start, at)) is not None:
        if not INTERIM_STATUS.match(start, at):
            return end.end()
        at = end.end()
    return None
