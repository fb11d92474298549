"""Pictures in a chat request: the model has to see them."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

from wireproof import expect
from wireproof.check import Exchange, check, json_pointer

PICTURE_PLACES = "/messages/*/content/*/image_url/url"
# A pixel of eight bits a channel and its name.
COLOURS = {b"\xff\x00\x00": "red", b"\x00\x00\xff": "blue"}


def requested_colours(exchange: Exchange) -> Iterator[str]:
    """Yields the colours of the pictures in the request, each a PNG of one colour."""
    for _, address in json_pointer.find(expect.request_body(exchange), PICTURE_PLACES):
        picture = base64.b64decode(address.partition(",")[2])
        start = picture.index(b"IDAT") + 4
        # The first byte of a row names its filter, and no filter changes the first pixel of the first row.
        yield COLOURS[zlib.decompressobj().decompress(picture[start:], 4)[1:4]]


@check("vision.colour")
def test_colour(exchange: Exchange) -> None:
    """A picture that the user shows is seen: the model names its colour."""
    text = expect.text(exchange)
    for colour in requested_colours(exchange):
        is_named = re.search(rf"\b{colour}\b", text, re.IGNORECASE) is not None
        if not is_named:
            expect.undecided_if_cut(exchange)
        expect.condition(is_named, f"text with {colour}", text, at="/choices/0/message/content")
