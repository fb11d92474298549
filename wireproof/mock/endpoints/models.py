"""The list of models and its entries, limited to the tier of the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.model_entry import Model, ModelPrice
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

# The members of an entry if its provider names none: those of these that the catalogue has.
DEFAULT_MODEL_MEMBERS = ("id", "object", "created", "owned_by")
DEFAULT_CREATED = 1_736_755_239
DEFAULT_DATE = "2025-01-13"
DEFAULT_CONTEXT_TOKENS, DEFAULT_OUTPUT_TOKENS = 32_768, 8_192


def list_models(context: RequestContext, body: JsonObject) -> Answer:
    """Returns the list, at the place where the provider shows it."""
    model_list = context.profile.model_list
    value: Any = [describe_model(context.profile, model) for model in visible_models(context)]
    for step in reversed(model_list.items.split("/")[1:]):
        value = {step: value}
    return PlainAnswer(
        200, {"object": "list", **value} if "object" in (model_list.members or DEFAULT_MODEL_MEMBERS) else value
    )


def retrieve_model(context: RequestContext, body: JsonObject) -> Answer:
    """Returns one entry by its id; 404 for an id that the list does not show."""
    match = next((model for model in visible_models(context) if model.id == context.path_value), None)
    if match is None:
        raise RequestRefused(
            "unknown-model", f"The model '{context.path_value}' does not exist.", param="model", status=404
        )
    return PlainAnswer(200, describe_model(context.profile, match))


def visible_models(context: RequestContext) -> list[Model]:
    allowed = context.tier.models
    return [model for model in context.profile.catalogue if not allowed or model.id in allowed]


def describe_model(profile: Profile, model: Model) -> dict[str, Any]:
    """Returns the members of a model that its provider shows, with defaults for those the catalogue lacks."""
    members = profile.model_list.members
    if members:
        return {name: MODEL_MEMBER_VALUES[name](profile, model) for name in members}
    values = {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}
    return {name: value for name, value in values.items() if value is not None}


def model_permission(profile: Profile, model: Model) -> list[dict[str, Any]]:
    """The permission of any caller, in OpenAI's former form."""
    return [
        {
            "id": f"modelperm-{HashRandom.from_values('permission', model.id).hex(32)}",
            "object": "model_permission",
            "created": DEFAULT_CREATED,
            "allow_create_engine": False,
            "allow_sampling": True,
            "allow_logprobs": True,
            "allow_search_indices": False,
            "allow_view": True,
            "allow_fine_tuning": False,
            "organization": "*",
            "group": None,
            "is_blocking": False,
        }
    ]


def model_pricing(profile: Profile, model: Model) -> dict[str, str]:
    """US dollars a token; the price of cached input only if there is one."""
    price = model.price or ModelPrice(0, 0)
    prices = {"prompt": price.input, "completion": price.output, "input_cache_read": price.cache_read}
    return {name: price_per_token(dollars) for name, dollars in prices.items() if dollars is not None}


def price_per_token(per_million: float) -> str:
    """The price of one token as a decimal without an exponent, from that of a million tokens."""
    return f"{(Decimal(str(per_million)) / 1_000_000).normalize():f}"


MODEL_MEMBER_VALUES: Mapping[str, Callable[[Profile, Model], Any]] = {
    "id": lambda profile, model: model.id,
    "object": lambda profile, model: "model",
    "created": lambda profile, model: DEFAULT_CREATED if model.created is None else model.created,
    "owned_by": lambda profile, model: model.owner(profile.name),
    "root": lambda profile, model: None,
    "parent": lambda profile, model: None,
    "max_model_len": lambda profile, model: None,
    "permission": model_permission,
    "name": lambda profile, model: model.name or model.id,
    "description": lambda profile, model: model.description or f"The model {model.name or model.id}.",
    "date": lambda profile, model: model.date or DEFAULT_DATE,
    "context_length": lambda profile, model: model.context or DEFAULT_CONTEXT_TOKENS,
    "max_completion_tokens": lambda profile, model: model.output or DEFAULT_OUTPUT_TOKENS,
    "is_moderated": lambda profile, model: model.moderated,
    "architecture": lambda profile, model: {"modality": model.modality or "text->text"},
    "pricing": model_pricing,
}
