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
from wireproof.mock.provider.request_rules import BodyRules

PICTURE_SIZE = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")
DEFAULT_PICTURE_SIZE = (1024, 1024)
MAX_PICTURE_SIDE = 4096
MAX_PICTURES = 64
TOKENS_PER_OUTPUT_PICTURE = 272


def create_images(context: RequestContext, raw_body: JsonObject) -> Answer:
    """Returns the answer to a request for pictures."""
    rules = context.profile.rules("images")
    body = body_validation.validate_body(raw_body, rules)
    if not body["prompt"]:
        raise out_of_range("prompt", "Invalid 'prompt': empty.")
    model_id = body["model"] if "model" in body else default_image_model(context).id
    find_model(context, model_id, "image")
    width, height = requested_size(body, rules)
    count = requested_number(body)
    form = requested_form(context, body)
    draw = HashRandom.from_values(model_id, body["prompt"])
    data = [
        picture_entry(draw_picture(body["prompt"], draw.derive(index), width, height), form) for index in range(count)
    ]
    return PlainAnswer(
        200, {"created": context.created, "data": data, **output_details(body, form, (width, height), count)}
    )


def default_image_model(context: RequestContext) -> Model:
    """The model that draws if the request names none."""
    image_models = (model for model in context.profile.catalogue if "image" in model.roles)
    return next(image_models, context.profile.catalogue[0])


def requested_form(context: RequestContext, body: JsonObject) -> str:
    """The form of the pictures, `url` or `b64_json`: from the request, else from the profile."""
    default = context.profile.images.given_as if context.profile.images is not None else "url"
    form: str = body.get("response_format", default)
    return form


def requested_number(body: JsonObject) -> int:
    count = int(body.get("n", 1))
    if count > MAX_PICTURES:
        raise out_of_range("n", f"Invalid 'n': at most {MAX_PICTURES} pictures at once.")
    return count


def requested_size(body: JsonObject, rules: BodyRules) -> tuple[int, int]:
    """Width and height in pixels; `auto` is the default size if the contract has the word."""
    size = body.get("size")
    if size is None or size == "auto" == rules.fields["size"].default:
        return DEFAULT_PICTURE_SIZE
    match = PICTURE_SIZE.fullmatch(size)
    if match is None or max(int(match[1]), int(match[2])) > MAX_PICTURE_SIDE:
        raise out_of_range("size", f"Invalid 'size': {size!r} is no width and height such as 1024x1024.")
    return int(match[1]), int(match[2])


def picture_entry(picture: bytes, form: str) -> JsonObject:
    """One picture in the requested form."""
    return {"url": data_url(picture)} if form == "url" else {"b64_json": base64.b64encode(picture).decode()}


def output_details(body: JsonObject, form: str, size: tuple[int, int], count: int) -> Mapping[str, Any]:
    """The members that models with base64 pictures add to an answer."""
    if form == "url" or "response_format" in body:
        return {}
    details = {"background": "opaque", "output_format": "png", "quality": "high", "size": f"{size[0]}x{size[1]}"}
    return {**details, "usage": image_usage(count_tokens(body["prompt"]), count * TOKENS_PER_OUTPUT_PICTURE)}
