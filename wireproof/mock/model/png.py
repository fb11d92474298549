"""Small pictures: written as PNG, and read as far as the word for their colour."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from wireproof.mock.model.hash_random import HashRandom

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]
COLOURS_BY_NAME: dict[str, Colour] = {
    "red": (220, 30, 30),
    "green": (30, 160, 60),
    "blue": (30, 60, 220),
    "yellow": (240, 220, 40),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
# The corners of the colours as well, so that a pure green and a dark one are both green.
NEARBY_COLOURS: tuple[tuple[str, Colour], ...] = (
    *COLOURS_BY_NAME.items(),
    ("red", (255, 0, 0)),
    ("green", (0, 255, 0)),
    ("green", (0, 128, 0)),
    ("blue", (0, 0, 255)),
    ("yellow", (255, 255, 0)),
)
BYTES_PER_PIXEL = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
MAX_PICTURE_BYTES = 1 << 18
UNKNOWN_COLOUR = ""


class UnreadableImage(Exception):
    """Bytes that are no PNG."""


def make_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=32)
def make_png(width: int, height: int, main: Colour, other: Colour) -> bytes:
    """A PNG of this size: one colour, with a band of another across its foot."""
    band = height // 8
    rows = (b"\0" + bytes(width)) * (height - band) + (b"\0" + b"\1" * width) * band
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", bytes((*main, *other))), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return PNG_MAGIC + b"".join(make_chunk(kind, data) for kind, data in parts)


def draw_picture(prompt: str, draw: HashRandom, width: int, height: int) -> bytes:
    """The picture of a prompt: in the colour it names first, else in one drawn for it."""
    named = re.search("|".join(COLOURS_BY_NAME), prompt.lower())
    main = named[0] if named else draw.derive("main").pick(list(COLOURS_BY_NAME))
    other = draw.derive("other").pick([name for name in COLOURS_BY_NAME if name != main])
    return make_png(width, height, COLOURS_BY_NAME[main], COLOURS_BY_NAME[other])


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, each whole and with its checksum right."""
    if not data.startswith(PNG_MAGIC):
        raise UnreadableImage
    place = len(PNG_MAGIC)
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        whole = data[place : place + size + 12]
        if len(whole) < size + 12 or make_chunk(whole[4:8], whole[8:-4]) != whole:
            raise UnreadableImage
        yield whole[4:8], whole[8:-4]
        place += size + 12


def main_colour(data: bytes) -> str:
    """The word for the colour that most of a picture has; nothing where it is written in a rarer form."""
    parts = list(read_chunks(data))
    kinds = [kind for kind, _ in parts]
    if kinds[:1] != [b"IHDR"] or len(parts[0][1]) != 13 or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise UnreadableImage
    width, height, depth, form, _, _, woven = struct.unpack(">IIBBBBB", parts[0][1])
    raw = decompress_pixels(b"".join(part for kind, part in parts if kind == b"IDAT"))
    if not width or not height:
        raise UnreadableImage
    if depth != 8 or woven or form not in BYTES_PER_PIXEL:
        return UNKNOWN_COLOUR
    palette = next((part for kind, part in parts if kind == b"PLTE"), b"")
    return commonest_colour(unfiltered_rows(raw, width, BYTES_PER_PIXEL[form]), form, palette)


def decompress_pixels(packed: bytes) -> bytes:
    """The picture's bytes, no more of them than are worth a look."""
    try:
        return zlib.decompressobj().decompress(packed, MAX_PICTURE_BYTES)
    except zlib.error:
        raise UnreadableImage from None


def unfiltered_rows(raw: bytes, width: int, step: int) -> Iterator[bytes]:
    """The rows as they were before each was filtered (PNG, section 9)."""
    above = bytes(width * step)
    for start in range(0, len(raw) - width * step, width * step + 1):
        above = unfilter_row(raw[start], raw[start + 1 : start + 1 + width * step], above, step)
        yield above


def unfilter_row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    made = bytearray(row)
    for place, value in enumerate(row):
        left, up = (made[place - step] if place >= step else 0), above[place]
        corner = above[place - step] if place >= step else 0
        made[place] = (value + predict_byte(kind, left, up, corner)) & 255
    return bytes(made)


def predict_byte(kind: int, left: int, up: int, corner: int) -> int:
    """What the filter of this kind expects of a byte, from its three neighbours."""
    if kind == 4:
        near = left + up - corner
        return min((left, up, corner), key=lambda value: abs(near - value))
    simple = {1: left, 2: up, 3: (left + up) // 2}
    if kind not in simple:
        raise UnreadableImage
    return simple[kind]


def commonest_colour(lines: Iterator[bytes], form: int, palette: bytes) -> str:
    step = BYTES_PER_PIXEL[form]
    counts: Counter[bytes] = Counter()
    for line in lines:
        counts.update(line[place : place + step] for place in range(0, len(line), step))
    named: Counter[str] = Counter()
    for pixel, count in counts.items():
        named[nearest_colour(pixel_to_rgb(pixel, form, palette))] += count
    return named.most_common(1)[0][0] if named else UNKNOWN_COLOUR


def pixel_to_rgb(pixel: bytes, form: int, palette: bytes) -> Colour:
    given = palette[pixel[0] * 3 :] if form == 3 else pixel if form in (2, 6) else pixel[:1] * 3
    red, green, blue = given.ljust(3, b"\0")[:3]
    return red, green, blue


def nearest_colour(colour: Colour) -> str:
    return min(NEARBY_COLOURS, key=lambda one: sum((a - b) ** 2 for a, b in zip(colour, one[1], strict=True)))[0]
