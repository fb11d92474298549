"""Small pictures: written as PNG, and read to find their main colour."""

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
# The pure colours as well, so that a pure green and a dark one are both green.
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
    """A PNG of this size: one colour, with a band of another one at its foot."""
    band = height // 8
    rows = (b"\0" + bytes(width)) * (height - band) + (b"\0" + b"\1" * width) * band
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", bytes((*main, *other))), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return PNG_MAGIC + b"".join(make_chunk(kind, data) for kind, data in parts)


def draw_picture(prompt: str, draw: HashRandom, width: int, height: int) -> bytes:
    """Returns the picture of a prompt, in the colour that the prompt names first or in one drawn for it."""
    match = re.search("|".join(COLOURS_BY_NAME), prompt.lower())
    main = match[0] if match else draw.derive("main").pick(list(COLOURS_BY_NAME))
    other = draw.derive("other").pick([name for name in COLOURS_BY_NAME if name != main])
    return make_png(width, height, COLOURS_BY_NAME[main], COLOURS_BY_NAME[other])


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the chunks of a PNG; raises UnreadableImage if one is incomplete or its checksum is wrong."""
    if not data.startswith(PNG_MAGIC):
        raise UnreadableImage
    place = len(PNG_MAGIC)
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        chunk = data[place : place + size + 12]
        if len(chunk) < size + 12 or make_chunk(chunk[4:8], chunk[8:-4]) != chunk:
            raise UnreadableImage
        yield chunk[4:8], chunk[8:-4]
        place += size + 12


def main_colour(data: bytes) -> str:
    """The name of the most frequent colour; an empty text for rarer forms of PNG."""
    chunks = list(read_chunks(data))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or len(chunks[0][1]) != 13 or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise UnreadableImage
    width, height, depth, form, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    raw = decompress_pixels(b"".join(part for kind, part in chunks if kind == b"IDAT"))
    if not width or not height:
        raise UnreadableImage
    if depth != 8 or interlace or form not in BYTES_PER_PIXEL:
        return UNKNOWN_COLOUR
    palette = next((part for kind, part in chunks if kind == b"PLTE"), b"")
    return commonest_colour(unfiltered_rows(raw, width, BYTES_PER_PIXEL[form]), form, palette)


def decompress_pixels(compressed: bytes) -> bytes:
    """Returns the bytes of the picture, at most MAX_PICTURE_BYTES."""
    try:
        return zlib.decompressobj().decompress(compressed, MAX_PICTURE_BYTES)
    except zlib.error:
        raise UnreadableImage from None


def unfiltered_rows(raw: bytes, width: int, step: int) -> Iterator[bytes]:
    """Yields the rows before filtering (PNG specification, section 9)."""
    above = bytes(width * step)
    for start in range(0, len(raw) - width * step, width * step + 1):
        above = unfilter_row(raw[start], raw[start + 1 : start + 1 + width * step], above, step)
        yield above


def unfilter_row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    unfiltered = bytearray(row)
    for place, value in enumerate(row):
        left, up = (unfiltered[place - step] if place >= step else 0), above[place]
        corner = above[place - step] if place >= step else 0
        unfiltered[place] = (value + predict_byte(kind, left, up, corner)) & 255
    return bytes(unfiltered)


def predict_byte(kind: int, left: int, up: int, corner: int) -> int:
    """The prediction of the filter of this kind for a byte, from its three neighbours."""
    if kind == 4:
        estimate = left + up - corner
        return min((left, up, corner), key=lambda value: abs(estimate - value))
    predictions = {1: left, 2: up, 3: (left + up) // 2}
    if kind not in predictions:
        raise UnreadableImage
    return predictions[kind]


def commonest_colour(rows: Iterator[bytes], form: int, palette: bytes) -> str:
    step = BYTES_PER_PIXEL[form]
    counts: Counter[bytes] = Counter()
    for row in rows:
        counts.update(row[place : place + step] for place in range(0, len(row), step))
    names: Counter[str] = Counter()
    for pixel, count in counts.items():
        names[nearest_colour(pixel_to_rgb(pixel, form, palette))] += count
    return names.most_common(1)[0][0] if names else UNKNOWN_COLOUR


def pixel_to_rgb(pixel: bytes, form: int, palette: bytes) -> Colour:
    channels = palette[pixel[0] * 3 :] if form == 3 else pixel if form in (2, 6) else pixel[:1] * 3
    red, green, blue = channels.ljust(3, b"\0")[:3]
    return red, green, blue


def nearest_colour(colour: Colour) -> str:
    return min(NEARBY_COLOURS, key=lambda named: sum((a - b) ** 2 for a, b in zip(colour, named[1], strict=True)))[0]
