"""A fast path for chunked bodies (RFC 9112 section 7.1): whole chunks without extensions; a parser reads the rest.

Sizes are read as strictly as the parser reads them. Everything but a plain chunk, the last chunk included, is handed
back from the boundary at which it begins. The parser continues there as if it had read all chunks before.
"""

from __future__ import annotations

import re
from functools import lru_cache

CHUNK_END = b"\r\n"
CHUNK_TOO_LONG = "a chunk is longer than its stated size"
CHUNK_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class ChunkSplitter:
    """The position in a chunked body; `rest` holds what the parser must read, from a boundary on."""

    __slots__ = ("_pending", "rest")

    def __init__(self) -> None:
        # Bytes of the current chunk that are still to come, its line end included.
        self._pending = 0
        self.rest: bytes | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the body in one read, chunk by chunk; raises ValueError if a chunk is longer than its size."""
        body, position, length = [], 0, len(data)
        while position < length:
            if not self._pending:
                end = data.find(CHUNK_END, position)
                size = parse_chunk_size(data[position:end]) if end >= 0 else 0
                if not size:
                    self.rest = data[position:]
                    break
                position, stop = end + 2, end + 2 + size
                if stop + 2 <= length:
                    if data[stop : stop + 2] != CHUNK_END:
                        raise ValueError(CHUNK_TOO_LONG)
                    body.append(data[position:stop])
                    position = stop + 2
                    continue
                self._pending = size + 2
            piece = data[position : position + self._pending]
            position += len(piece)
            body.append(self._without_end(piece))
        return body

    def _without_end(self, piece: bytes) -> bytes:
        """The data in a piece of a chunk, without the part of the line end that the piece may hold."""
        pending_before, self._pending = self._pending, self._pending - len(piece)
        end_from, end_to = 2 - min(2, pending_before), 2 - min(2, self._pending)
        if end_from == end_to:
            return piece
        if not piece.endswith(CHUNK_END[end_from:end_to]):
            raise ValueError(CHUNK_TOO_LONG)
        return piece[: end_from - end_to]


@lru_cache(maxsize=4096)
def parse_chunk_size(size_line: bytes) -> int:
    """The size of a chunk; 0 if the line is the last chunk's or has more than a plain size."""
    return int(size_line, 16) if CHUNK_SIZE_LINE.fullmatch(size_line) else 0
