"""Content codings of bodies (RFC 9110 section 8.4.1): gzip and deflate. A new coding is a new row of CODINGS."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from wireproof.formats.answer_bounds import max_decoded_bytes

# The window bits that select a format of zlib. Both formats are read, since servers send either under the name gzip.
GZIP_BITS, GZIP_OR_ZLIB_BITS = 16 + zlib.MAX_WBITS, 32 + zlib.MAX_WBITS


class NotCoded(ValueError):
    """Raised if bytes are not in the content coding that the caller names."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded body.

    Attributes:
        parts: decoded bytes of each part of the coded body.
        whole: true if the body is one complete coded stream without trailing bytes.
        cut: true if the body decodes to more bytes than are decoded; the parts are then its start.
    """

    parts: tuple[bytes, ...]
    whole: bool
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ContentCoding:
    """Functions that encode and decode one content coding.

    Attributes:
        compress: encodes a body; equal bodies give equal bytes.
        decode: decodes the parts of a body in order; raises NotCoded.
        store: encodes the parts of a body without compression; each part can be decoded on arrival.
    """

    compress: Callable[[bytes], bytes]
    decode: Callable[[Sequence[bytes]], Decoded]
    store: Callable[[Sequence[bytes]], tuple[bytes, ...]]


def find_coding(content_encoding: str | None) -> ContentCoding | None:
    """The coding that a Content-Encoding header names; None for no coding and for an unsupported one."""
    return CODINGS.get((content_encoding or "").strip().lower())


def _inflate(parts: Sequence[bytes], bits: int) -> Decoded:
    decoder, plain = zlib.decompressobj(bits), list[bytes]()
    room = max_decoded_bytes(sum(map(len, parts)))
    try:
        for part in parts:
            # One byte too many tells a longer body from one that just fits.
            decoded = decoder.decompress(part, room + 1) if room >= 0 else b""
            plain.append(decoded[: max(room, 0)])
            room -= len(decoded)
    except zlib.error as error:
        raise NotCoded(str(error)) from None
    return Decoded(tuple(plain), decoder.eof and not decoder.unused_data, cut=room < 0)


def _store(parts: Sequence[bytes], bits: int) -> tuple[bytes, ...]:
    coder = zlib.compressobj(zlib.Z_NO_COMPRESSION, zlib.DEFLATED, bits)
    coded = [coder.compress(part) + coder.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return (*coded[:-1], coded[-1] + coder.flush(zlib.Z_FINISH))


def _zlib_coding(compress: Callable[[bytes], bytes], *, reads: int, writes: int) -> ContentCoding:
    return ContentCoding(compress, partial(_inflate, bits=reads), partial(_store, bits=writes))


# In order of preference, for clients that accept several.
CODINGS: Mapping[str, ContentCoding] = {
    # The modification time is 0, so that equal bodies give equal bytes.
    "gzip": _zlib_coding(partial(gzip.compress, mtime=0), reads=GZIP_OR_ZLIB_BITS, writes=GZIP_BITS),
    "deflate": _zlib_coding(zlib.compress, reads=zlib.MAX_WBITS, writes=zlib.MAX_WBITS),
}
