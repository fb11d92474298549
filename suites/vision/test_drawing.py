"""Pictures in a chat answer: present, in one place, and valid."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, check, json_pointer

# Where a picture stands in a message or a delta. The data URL of a text may be split over many deltas.
PICTURE_PLACES = {"images": "/images/*/image_url/url", "content parts": "/content/*/image_url/url"}
PICTURE_IN_TEXT = re.compile(r"data:image/[\w.+-]+;base64,[\w+/=-]+|(?<=\]\()https://[^\s)]+")
# The first bytes of PNG, JPEG, GIF and WebP.
PICTURE_SIGNATURES = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8|RIFF....WEBP", re.S)

PlacedPicture = tuple[str, Any]


def find_pictures(exchange: Exchange) -> tuple[PlacedPicture, ...]:
    """The place and the URL of each picture of a chat answer, streamed or not."""
    found = [
        (place, address) for message in messages_or_deltas(exchange) for place, address in pictures_in_message(message)
    ]
    return (*found, *(("text", address) for address in PICTURE_IN_TEXT.findall(expect.text(exchange))))


def messages_or_deltas(exchange: Exchange) -> Iterator[Any]:
    """Yields the message of an answer, or the deltas of a stream."""
    if expect.is_stream(exchange):
        yield from (choice.get("delta") for chunk in expect.event_stream(exchange).chunks for choice in chunk.choices)
    else:
        yield expect.member(expect.answer(exchange), "/choices/0/message", dict)


def pictures_in_message(message: Any) -> Iterator[PlacedPicture]:
    for name, place in PICTURE_PLACES.items():
        yield from ((name, address) for _, address in json_pointer.find(message, place))


def required_pictures(exchange: Exchange) -> tuple[PlacedPicture, ...]:
    """The pictures of an answer. Raises Undecided if it is cut off before its picture."""
    found = find_pictures(exchange)
    if not found:
        expect.undecided_if_cut(exchange)
    return found


@check("vision.draws")
def test_draws(exchange: Exchange) -> None:
    """A model that draws answers an order for a picture with one."""
    text = expect.display_text(expect.text(exchange)) or "nothing"
    expect.condition(
        bool(required_pictures(exchange)), f"a picture in {', in '.join(PICTURE_PLACES)} or in the text", text
    )


@check("vision.one-place")
def test_one_place(exchange: Exchange) -> None:
    """A picture stands at one place of the answer, in images, in content parts or in the text; which one is noted."""
    places = sorted({place for place, _ in required_pictures(exchange)})
    if not places:
        raise Inconclusive("the answer has no picture")
    expect.condition(len(places) == 1, "one place", places)
    # The bundled server and most gateways use images, which needs no note.
    if places != ["images"]:
        raise Noted(f"the picture stands in {places[0]}")


@check("vision.picture")
def test_picture(exchange: Exchange) -> None:
    """A picture given as a data URL is base64 that begins as PNG, JPEG, GIF or WebP does."""
    data = [address for _, address in required_pictures(exchange) if not str(address).startswith("https://")]
    if not data:
        raise Inconclusive("the answer has no picture, or only its URL")
    for address in data:
        expect.condition(is_picture(address), "a data URL of a picture", expect.display_text(address))


def is_picture(address: Any) -> bool:
    """True if a data URL holds the beginning of a picture."""
    head, _, packed = str(address).partition(",")
    try:
        return head.startswith("data:image/") and bool(
            PICTURE_SIGNATURES.match(base64.b64decode(packed, validate=True))
        )
    except ValueError:
        return False
