"""Pictures made from a prompt."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from wireproof.mock.endpoints.request_context import RequestContext, find_model
from wireproof.mock.endpoints.usage import image_usage
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.png import data_url, draw_picture
from wireproof.mock.model.tokenizer import count_tokens
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, out_of_range
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.request_rules import RequestRules

PICTURE_SIZE = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")
DEFAULT_PICTURE_SIZE = (1024, 1024)
MAX_PICTURE_SIDE = 4096
MAX_PICTURES = 64
TOKENS_PER_OUTPUT_PICTURE = 272


def create_images(visit: RequestContext, given: JsonObject) -> Answer:
    """The answer to a request for pictures."""
    rules = visit.profile.rules("images")
    body = body_validation.validate_body(given, rules)
    if not body["prompt"]:
        raise out_of_range("prompt", "Invalid 'prompt': empty.")
    name = body["model"] if "model" in body else default_image_model(visit).id
    find_model(visit, name, "image")
    width, height = requested_size(body, rules)
    number = requested_number(body)
    form = requested_form(visit, body)
    draw = HashRandom.from_values(name, body["prompt"])
    data = [
        picture_entry(draw_picture(body["prompt"], draw.derive(index), width, height), form) for index in range(number)
    ]
    return PlainAnswer(
        200, {"created": visit.created, "data": data, **output_details(body, form, (width, height), number)}
    )


def default_image_model(visit: RequestContext) -> Model:
    """The model that draws where the request names none."""
    drawing = (model for model in visit.profile.catalogue if "image" in model.roles)
    return next(drawing, visit.profile.catalogue[0])


def requested_form(visit: RequestContext, body: JsonObject) -> str:
    """Whether pictures are given as url or as b64_json: as the request says, else as the profile does."""
    usual = visit.profile.images.given_as if visit.profile.images is not None else "url"
    form: str = body.get("response_format", usual)
    return form


def requested_number(body: JsonObject) -> int:
    number = int(body.get("n", 1))
    if number > MAX_PICTURES:
        raise out_of_range("n", f"Invalid 'n': at most {MAX_PICTURES} pictures at once.")
    return number


def requested_size(body: JsonObject, rules: RequestRules) -> tuple[int, int]:
    """Width and height in pixels; `auto` means the usual ones where the contract knows the word."""
    given = body.get("size")
    if given is None or given == "auto" == rules.fields["size"].default:
        return DEFAULT_PICTURE_SIZE
    found = PICTURE_SIZE.fullmatch(given)
    if found is None or max(int(found[1]), int(found[2])) > MAX_PICTURE_SIDE:
        raise out_of_range("size", f"Invalid 'size': {given!r} is no width and height such as 1024x1024.")
    return int(found[1]), int(found[2])


def picture_entry(picture: bytes, form: str) -> JsonObject:
    """A picture in its one form."""
    return {"url": data_url(picture)} if form == "url" else {"b64_json": base64.b64encode(picture).decode()}


def output_details(body: JsonObject, form: str, size: tuple[int, int], number: int) -> Mapping[str, Any]:
    """What models that give their pictures as base64 tell of them besides."""
    if form == "url" or "response_format" in body:
        return {}
    told = {"background": "opaque", "output_format": "png", "quality": "high", "size": f"{size[0]}x{size[1]}"}
    return {**told, "usage": image_usage(count_tokens(body["prompt"]), number * TOKENS_PER_OUTPUT_PICTURE)}
