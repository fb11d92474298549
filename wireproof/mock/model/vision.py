"""Pictures in a prompt: their form, and what the model sees of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from wireproof.mock.model.png import UNKNOWN_COLOUR, UnreadableImage, main_colour
from wireproof.mock.provider.body_validation import missing_field, out_of_range, wrong_type
from wireproof.mock.provider.refusals import RequestRefused

PICTURE_PART_TYPES = ("image_url", "input_image")
UNREAD_FORMAT_MAGICS = (b"\xff\xd8\xff", b"GIF8", b"RIFF")


def picture_address(part: Mapping[str, Any]) -> Any:
    """The address a part gives: text in a response's input, an object with a url in a chat."""
    given = part.get("image_url")
    return given.get("url") if isinstance(given, dict) else given


def check_image(part: Mapping[str, Any], place: str) -> None:
    """Refuse a chat's picture that gives no address."""
    if part.get("image_url") is None:
        raise missing_field(f"{place}.image_url")
    if not isinstance(part["image_url"], dict):
        raise wrong_type(f"{place}.image_url", "object")
    if "url" not in part["image_url"]:
        raise missing_field(f"{place}.image_url.url")
    if not isinstance(part["image_url"]["url"], str):
        raise wrong_type(f"{place}.image_url.url", "string")


def colours_of_pictures(content: Any, place: str) -> tuple[str, ...]:
    """What is seen of each picture of a content: the word for its colour, or nothing where it is not looked at."""
    parts = content if isinstance(content, list) else ()
    pictured = [part for part in parts if isinstance(part, dict) and part.get("type") in PICTURE_PART_TYPES]
    return tuple(colour_of_picture(picture_address(part), f"{place}.image_url") for part in pictured)


def colour_of_picture(address: Any, place: str) -> str:
    """The colour of a picture that comes with the request; one on the network is never fetched."""
    if isinstance(address, str) and address.startswith(("https://", "http://")):
        return UNKNOWN_COLOUR
    if not isinstance(address, str) or not address.startswith("data:image/"):
        raise out_of_range(place, f"Invalid '{place}': expected an https URL or a data URL of a picture.")
    head, _, data = address.partition(",")
    try:
        picture = base64.b64decode(data, validate=True) if head.endswith(";base64") else b""
        return UNKNOWN_COLOUR if picture.startswith(UNREAD_FORMAT_MAGICS) else main_colour(picture)
    except (binascii.Error, UnreadableImage):
        raise out_of_range(place, f"Invalid '{place}': the picture cannot be decoded.") from None


def refuse_without_vision(roles: tuple[str, ...], name: str) -> None:
    """Refuse pictures that the model cannot see."""
    if "vision" not in roles:
        raise RequestRefused("wrong-model-kind", f"The model '{name}' does not take pictures.", param="messages")
