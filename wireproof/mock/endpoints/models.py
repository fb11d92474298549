"""The list of models and its entries, as far as the key's tier sees them."""

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

# What an entry shows where its provider names no members: as much of these as the catalogue has.
DEFAULT_MODEL_MEMBERS = ("id", "object", "created", "owned_by")
DEFAULT_CREATED = 1_736_755_239
DEFAULT_DATE = "2025-01-13"
DEFAULT_CONTEXT_TOKENS, DEFAULT_OUTPUT_TOKENS = 32_768, 8_192


def list_models(visit: RequestContext, body: JsonObject) -> Answer:
    """The list, at the place where the provider shows it."""
    shown = visit.profile.model_list
    listed: Any = [describe_model(visit.profile, model) for model in visible_models(visit)]
    for step in reversed(shown.items.split("/")[1:]):
        listed = {step: listed}
    return PlainAnswer(
        200, {"object": "list", **listed} if "object" in (shown.members or DEFAULT_MODEL_MEMBERS) else listed
    )


def retrieve_model(visit: RequestContext, body: JsonObject) -> Answer:
    """One entry by its id; an id that the list does not show is not found."""
    found = next((model for model in visible_models(visit) if model.id == visit.path_value), None)
    if found is None:
        raise RequestRefused(
            "unknown-model", f"The model '{visit.path_value}' does not exist.", param="model", status=404
        )
    return PlainAnswer(200, describe_model(visit.profile, found))


def visible_models(visit: RequestContext) -> list[Model]:
    seen = visit.tier.models
    return [model for model in visit.profile.catalogue if not seen or model.id in seen]


def describe_model(profile: Profile, model: Model) -> dict[str, Any]:
    """One model by the members that its provider shows; what the catalogue leaves open is made up."""
    named = profile.model_list.members
    if named:
        return {name: MODEL_MEMBER_VALUES[name](profile, model) for name in named}
    known = {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}
    return {name: value for name, value in known.items() if value is not None}


def model_permission(profile: Profile, model: Model) -> list[dict[str, Any]]:
    """What any caller may do with a model, in the form OpenAI once had for it."""
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
    """US dollars a token; the price of what is read from a cache only where there is one."""
    price = model.price or ModelPrice(0, 0)
    shown = {"prompt": price.input, "completion": price.output, "input_cache_read": price.cache_read}
    return {name: price_per_token(dollars) for name, dollars in shown.items() if dollars is not None}


def price_per_token(per_million: float) -> str:
    """A price for a million tokens as the decimal of one token, without an exponent."""
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
