"""The sizes of pictures that the checks read: every format, every form of its size, and no truncated file.

The reference server draws PNG; the other formats are read from heads written by hand.
"""

from __future__ import annotations

import sys

import pytest

from wireproof.judging.check import Violation
from wireproof.judging.suite_loader import load_checks

load_checks()
READER = sys.modules["wireproof_suites.images.test_pictures"]
WIDTH, HEIGHT = 0x1234, 0x2567

APP0 = b"\xff\xe0" + (16).to_bytes(2) + bytes(14)
FRAME = (11).to_bytes(2) + b"\x08" + HEIGHT.to_bytes(2) + WIDTH.to_bytes(2)
EXTENDED = (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
# The alpha bit is above both sizes.
LOSSLESS = (WIDTH - 1 | HEIGHT - 1 << 14 | 1 << 28).to_bytes(4, "little")
# The two highest bits of each size are a scale.
LOSSY = (WIDTH | 1 << 14).to_bytes(2, "little") + (HEIGHT | 2 << 14).to_bytes(2, "little")


def jpeg(marker: int, before: bytes = APP0) -> bytes:
    return b"\xff\xd8" + before + bytes((0xFF, marker)) + FRAME


def webp(kind: bytes, head: bytes) -> bytes:
    return (b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + head).ljust(30, b"\0")


PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + WIDTH.to_bytes(4) + HEIGHT.to_bytes(4),
    "gif-87": b"GIF87a" + WIDTH.to_bytes(2, "little") + HEIGHT.to_bytes(2, "little"),
    "gif-89": b"GIF89a" + WIDTH.to_bytes(2, "little") + HEIGHT.to_bytes(2, "little"),
    "webp-extended": webp(b"VP8X", bytes(4) + EXTENDED),
    "webp-lossless": webp(b"VP8L", b"\x2f" + LOSSLESS),
    "webp-lossy": webp(b"VP8 ", bytes(6) + LOSSY),
    "jpeg": jpeg(0xC0),
    "jpeg-progressive": jpeg(0xC2),
    "jpeg-last-of-the-frames": jpeg(0xCF),
    "jpeg-with-fill-bytes": jpeg(0xC0, APP0 + b"\xff\xff" + APP0[1:]),
    **{
        f"jpeg-behind-{marker:02x}": jpeg(0xC0, bytes((0xFF, marker)) + (8).to_bytes(2) + b"\x08\x12\x34\x56\x78\x9a")
        for marker in (0xC4, 0xC8, 0xCC, 0xBF, 0xD0, 0xDB)
    },
}
TYPES = {"png": "image/png", "gif": "image/gif", "web": "image/webp", "jpe": "image/jpeg"}
OTHERS = {
    "another-riff": PICTURES["webp-lossy"].replace(b"WEBP", b"WAVE"),
    "another-container": PICTURES["webp-lossy"].replace(b"RIFF", b"RIFX"),
    "a-png-without-its-head": PICTURES["png"].replace(b"IHDR", b"IDAT"),
    "a-jpeg-that-goes-astray": b"\xff\xd8" + APP0 + b"\x00\xc0" + FRAME,
    "nothing": b"",
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_tells_its_type_and_size(name):
    found = READER.read_picture(PICTURES[name], "/data/0")

    assert (found.media_type, found.width, found.height) == (TYPES[name[:3]], WIDTH, HEIGHT)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_ends_before_its_size_is_none(name):
    with pytest.raises(Violation, match="a PNG, JPEG, WebP or GIF"):
        READER.read_picture(PICTURES[name][:-1], "/data/0")


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_is_none(name):
    with pytest.raises(Violation, match="a PNG, JPEG, WebP or GIF"):
        READER.read_picture(OTHERS[name], "/data/0")
