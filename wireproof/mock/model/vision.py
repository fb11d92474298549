"""Pictures in a prompt: their form and their colours."""

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
    """The address that a part gives: a text in the input of a response, an object with a url in a chat."""
    image_url = part.get("image_url")
    return image_url.get("url") if isinstance(image_url, dict) else image_url


def check_image(part: Mapping[str, Any], place: str) -> None:
    """Refuses a picture of a chat without an address."""
    if part.get("image_url") is None:
        raise missing_field(f"{place}.image_url")
    if not isinstance(part["image_url"], dict):
        raise wrong_type(f"{place}.image_url", "object")
    if "url" not in part["image_url"]:
        raise missing_field(f"{place}.image_url.url")
    if not isinstance(part["image_url"]["url"], str):
        raise wrong_type(f"{place}.image_url.url", "string")


def colours_of_pictures(content: Any, place: str) -> tuple[str, ...]:
    """The name of the colour of each picture; an empty text for a picture that is not decoded."""
    parts = content if isinstance(content, list) else ()
    pictures = [part for part in parts if isinstance(part, dict) and part.get("type") in PICTURE_PART_TYPES]
    return tuple(colour_of_picture(picture_address(part), f"{place}.image_url") for part in pictures)


def colour_of_picture(address: Any, place: str) -> str:
    """The colour of a picture in a data URL; pictures on the network are never fetched."""
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
    """Refuses pictures for a model without vision."""
    if "vision" not in roles:
        raise RequestRefused("wrong-model-kind", f"The model '{name}' does not take pictures.", param="messages")
