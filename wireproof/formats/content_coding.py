"""Content codings (RFC 9110, 8.4.1) of bodies: gzip and deflate. Another coding is another row of CODINGS."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

# The window bits that zlib knows a format by: gzip written; gzip or zlib read, since servers call either gzip.
GZIP, EITHER = 16 + zlib.MAX_WBITS, 32 + zlib.MAX_WBITS


class NotCoded(ValueError):
    """The bytes are not in the content coding that they are said to be in."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content coding.

    Attributes:
        parts: the text of each part of the coded body.
        whole: the body is one complete text of the coding, with nothing behind it.
    """

    parts: tuple[bytes, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class ContentCoding:
    """The ways to write and to read one content coding.

    Attributes:
        compress: codes a body, to the same bytes each time.
        decode: decodes the parts of a body in their order; raises NotCoded.
        store: codes the parts of a body as they are, each readable when it has come.
    """

    compress: Callable[[bytes], bytes]
    decode: Callable[[Sequence[bytes]], Decoded]
    store: Callable[[Sequence[bytes]], tuple[bytes, ...]]


def find_coding(content_encoding: str | None) -> ContentCoding | None:
    """The coding that a Content-Encoding header names; None for no coding and for one that is not known."""
    return CODINGS.get((content_encoding or "").strip().lower())


def _inflate(parts: Sequence[bytes], bits: int) -> Decoded:
    decoder = zlib.decompressobj(bits)
    try:
        plain = tuple(decoder.decompress(part) for part in parts)
    except zlib.error as error:
        raise NotCoded(str(error)) from None
    return Decoded(plain, decoder.eof and not decoder.unused_data)


def _store(parts: Sequence[bytes], bits: int) -> tuple[bytes, ...]:
    coder = zlib.compressobj(zlib.Z_NO_COMPRESSION, zlib.DEFLATED, bits)
    coded = [coder.compress(part) + coder.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return (*coded[:-1], coded[-1] + coder.flush(zlib.Z_FINISH))


def _zlib_coding(compress: Callable[[bytes], bytes], *, reads: int, writes: int) -> ContentCoding:
    return ContentCoding(compress, partial(_inflate, bits=reads), partial(_store, bits=writes))


# The one that is preferred where a client takes several comes first.
CODINGS: Mapping[str, ContentCoding] = {
    # Without the time, which would make two alike answers differ.
    "gzip": _zlib_coding(partial(gzip.compress, mtime=0), reads=EITHER, writes=GZIP),
    "deflate": _zlib_coding(zlib.compress, reads=zlib.MAX_WBITS, writes=zlib.MAX_WBITS),
}
