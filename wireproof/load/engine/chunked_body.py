"""Chunked bodies at speed: whole chunks without extensions are cut out here, everything else is the parser's.

Sizes are read as strictly as the parser reads them. What is not a plain chunk, the last one included, is handed
back from the boundary where it begins, so that the parser goes on as if it had read all chunks before it.
"""

from __future__ import annotations

import re
from functools import lru_cache

CHUNK_END = b"\r\n"
CHUNK_TOO_LONG = "a chunk is longer than its size says"
CHUNK_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class ChunkSplitter:
    """Where in a chunked body we are; `rest` is what the parser must read, from a boundary on."""

    __slots__ = ("_due", "rest")

    def __init__(self) -> None:
        # Bytes of the chunk that is being read, with the line end behind it.
        self._due = 0
        self.rest: bytes | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The body in these bytes of the wire, chunk by chunk; raises ValueError where one ends elsewhere."""
        body, at, length = [], 0, len(data)
        while at < length:
            if not self._due:
                end = data.find(CHUNK_END, at)
                size = parse_chunk_size(data[at:end]) if end >= 0 else 0
                if not size:
                    self.rest = data[at:]
                    break
                at, stop = end + 2, end + 2 + size
                if stop + 2 <= length:
                    if data[stop : stop + 2] != CHUNK_END:
                        raise ValueError(CHUNK_TOO_LONG)
                    body.append(data[at:stop])
                    at = stop + 2
                    continue
                self._due = size + 2
            piece = data[at : at + self._due]
            at += len(piece)
            body.append(self._without_end(piece))
        return body

    def _without_end(self, piece: bytes) -> bytes:
        """The data in a piece of a chunk, which may hold a part of the line end behind it."""
        before, self._due = self._due, self._due - len(piece)
        begun, ended = 2 - min(2, before), 2 - min(2, self._due)
        if begun == ended:
            return piece
        if not piece.endswith(CHUNK_END[begun:ended]):
            raise ValueError(CHUNK_TOO_LONG)
        return piece[: begun - ended]


@lru_cache(maxsize=4096)
def parse_chunk_size(line: bytes) -> int:
    """The size that a chunk announces; 0 where it is the last, or more than a plain size."""
    return int(line, 16) if CHUNK_SIZE_LINE.fullmatch(line) else 0
