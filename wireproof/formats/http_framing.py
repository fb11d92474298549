"""Where an HTTP/1.1 answer ends by its own framing (RFC 9112, 6.3), told from the raw bytes of its connection.

A client's parser stops at that end and takes what follows for the start of the next answer. Whoever judges
must see it instead: otherwise one answer's surplus becomes the next one's evidence.
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
    """Whether more bytes came than the answer has.

    Args:
        start: the first bytes that came, the whole head among them.
        tail: the last bytes that came.
        size: how many came in all.
    """
    head = _head_size(start)
    named = {name.lower(): value for name, value in headers}
    if head is None:
        return False
    if method == "HEAD" or status in BODILESS_STATUSES:
        return size > head
    if b"transfer-encoding" in named:
        return LAST_CHUNK_END.search(tail) is None
    length = named.get(b"content-length", b"")
    return length.isdigit() and size > head + int(length)


def interim_statuses(start: bytes) -> tuple[int, ...]:
    """The statuses of the interim answers, such as 100, that stand before the final one."""
    found, at = [], 0
    while (status := INTERIM_STATUS.match(start, at)) and (end := HEAD_END.search(start, at)):
        found.append(int(status[1]))
        at = end.end()
    return tuple(found)


def _head_size(start: bytes) -> int | None:
    """The bytes up to the end of the final head, interim answers such as 103 included."""
    at = 0
    while (end := HEAD_END.search(start, at)) is not None:
        if not INTERIM_STATUS.match(start, at):
            return end.end()
        at = end.end()
    return None
