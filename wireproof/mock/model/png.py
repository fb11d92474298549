"""Small pictures: written as PNG, and read as far as the word for their colour."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from wireproof.mock.model.hash_random import Draw

MAGIC = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]
COLOURS: dict[str, Colour] = {
    "red": (220, 30, 30),
    "green": (30, 160, 60),
    "blue": (30, 60, 220),
    "yellow": (240, 220, 40),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
# The corners of the colours as well, so that a pure green and a dark one are both green.
NEAR: tuple[tuple[str, Colour], ...] = (
    *COLOURS.items(),
    ("red", (255, 0, 0)),
    ("green", (0, 255, 0)),
    ("green", (0, 128, 0)),
    ("blue", (0, 0, 255)),
    ("yellow", (255, 255, 0)),
)
BYTES_A_PIXEL = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
MOST_BYTES = 1 << 18
UNTOLD = ""


class Unreadable(Exception):
    """Bytes that are no PNG."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=32)
def png(width: int, height: int, main: Colour, other: Colour) -> bytes:
    """A PNG of this size: one colour, with a band of another across its foot."""
    band = height // 8
    rows = (b"\0" + bytes(width)) * (height - band) + (b"\0" + b"\1" * width) * band
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", bytes((*main, *other))), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return MAGIC + b"".join(chunk(kind, data) for kind, data in parts)


def drawn(prompt: str, draw: Draw, width: int, height: int) -> bytes:
    """The picture of a prompt: in the colour it names first, else in one drawn for it."""
    named = re.search("|".join(COLOURS), prompt.lower())
    main = named[0] if named else draw.at("main").pick(list(COLOURS))
    other = draw.at("other").pick([name for name in COLOURS if name != main])
    return png(width, height, COLOURS[main], COLOURS[other])


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, each whole and with its checksum right."""
    if not data.startswith(MAGIC):
        raise Unreadable
    place = len(MAGIC)
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        whole = data[place : place + size + 12]
        if len(whole) < size + 12 or chunk(whole[4:8], whole[8:-4]) != whole:
            raise Unreadable
        yield whole[4:8], whole[8:-4]
        place += size + 12


def colour_of(data: bytes) -> str:
    """The word for the colour that most of a picture has; nothing where it is written in a rarer form."""
    parts = list(chunks(data))
    kinds = [kind for kind, _ in parts]
    if kinds[:1] != [b"IHDR"] or len(parts[0][1]) != 13 or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise Unreadable
    width, height, depth, form, _, _, woven = struct.unpack(">IIBBBBB", parts[0][1])
    raw = unpacked(b"".join(part for kind, part in parts if kind == b"IDAT"))
    if not width or not height:
        raise Unreadable
    if depth != 8 or woven or form not in BYTES_A_PIXEL:
        return UNTOLD
    palette = next((part for kind, part in parts if kind == b"PLTE"), b"")
    return commonest(rows(raw, width, BYTES_A_PIXEL[form]), form, palette)


def unpacked(packed: bytes) -> bytes:
    """The picture's bytes, no more of them than are worth a look."""
    try:
        return zlib.decompressobj().decompress(packed, MOST_BYTES)
    except zlib.error:
        raise Unreadable from None


def rows(raw: bytes, width: int, step: int) -> Iterator[bytes]:
    """The rows as they were before each was filtered (PNG, section 9)."""
    above = bytes(width * step)
    for start in range(0, len(raw) - width * step, width * step + 1):
        above = unfiltered(raw[start], raw[start + 1 : start + 1 + width * step], above, step)
        yield above


def unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    made = bytearray(row)
    for place, value in enumerate(row):
        left, up = (made[place - step] if place >= step else 0), above[place]
        corner = above[place - step] if place >= step else 0
        made[place] = (value + predicted(kind, left, up, corner)) & 255
    return bytes(made)


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    """What the filter of this kind expects of a byte, from its three neighbours."""
    if kind == 4:
        near = left + up - corner
        return min((left, up, corner), key=lambda value: abs(near - value))
    simple = {1: left, 2: up, 3: (left + up) // 2}
    if kind not in simple:
        raise Unreadable
    return simple[kind]


def commonest(lines: Iterator[bytes], form: int, palette: bytes) -> str:
    step = BYTES_A_PIXEL[form]
    counts: Counter[bytes] = Counter()
    for line in lines:
        counts.update(line[place : place + step] for place in range(0, len(line), step))
    named: Counter[str] = Counter()
    for pixel, count in counts.items():
        named[nearest(rgb(pixel, form, palette))] += count
    return named.most_common(1)[0][0] if named else UNTOLD


def rgb(pixel: bytes, form: int, palette: bytes) -> Colour:
    given = palette[pixel[0] * 3 :] if form == 3 else pixel if form in (2, 6) else pixel[:1] * 3
    red, green, blue = given.ljust(3, b"\0")[:3]
    return red, green, blue


def nearest(colour: Colour) -> str:
    return min(NEAR, key=lambda one: sum((a - b) ** 2 for a, b in zip(colour, one[1], strict=True)))[0]
