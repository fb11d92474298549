"""The list of models and its entries, as far as the key's tier sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wireproof.mock.endpoints.request_context import Visit
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.model_entry import Model, ModelPrice
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

# What an entry shows where its provider names no members: as much of these as the catalogue has.
PLAIN = ("id", "object", "created", "owned_by")
CREATED = 1_736_755_239
FIRST_DATE = "2025-01-13"
CONTEXT, OUTPUT = 32_768, 8_192


def models(visit: Visit, body: JsonObject) -> Answer:
    """The list, at the place where the provider shows it."""
    shown = visit.profile.model_list
    listed: Any = [entry(visit.profile, model) for model in visible(visit)]
    for step in reversed(shown.items.split("/")[1:]):
        listed = {step: listed}
    return PlainAnswer(200, {"object": "list", **listed} if "object" in (shown.members or PLAIN) else listed)


def model(visit: Visit, body: JsonObject) -> Answer:
    """One entry by its id; an id that the list does not show is not found."""
    found = next((model for model in visible(visit) if model.id == visit.held), None)
    if found is None:
        raise RequestRefused("unknown-model", f"The model '{visit.held}' does not exist.", param="model", status=404)
    return PlainAnswer(200, entry(visit.profile, found))


def visible(visit: Visit) -> list[Model]:
    seen = visit.tier.models
    return [model for model in visit.profile.catalogue if not seen or model.id in seen]


def entry(profile: Profile, model: Model) -> dict[str, Any]:
    """One model by the members that its provider shows; what the catalogue leaves open is made up."""
    named = profile.model_list.members
    if named:
        return {name: MEMBERS[name](profile, model) for name in named}
    known = {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}
    return {name: value for name, value in known.items() if value is not None}


def permission(profile: Profile, model: Model) -> list[dict[str, Any]]:
    """What any caller may do with a model, in the form OpenAI once had for it."""
    return [
        {
            "id": f"modelperm-{HashRandom.from_values('permission', model.id).hex(32)}",
            "object": "model_permission",
            "created": CREATED,
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


def pricing(profile: Profile, model: Model) -> dict[str, str]:
    """US dollars a token; the price of what is read from a cache only where there is one."""
    price = model.price or ModelPrice(0, 0)
    shown = {"prompt": price.input, "completion": price.output, "input_cache_read": price.cache_read}
    return {name: a_token(dollars) for name, dollars in shown.items() if dollars is not None}


def a_token(per_million: float) -> str:
    """A price for a million tokens as the decimal of one token, without an exponent."""
    return f"{(Decimal(str(per_million)) / 1_000_000).normalize():f}"


MEMBERS: Mapping[str, Callable[[Profile, Model], Any]] = {
    "id": lambda profile, model: model.id,
    "object": lambda profile, model: "model",
    "created": lambda profile, model: CREATED if model.created is None else model.created,
    "owned_by": lambda profile, model: model.owner(profile.name),
    "root": lambda profile, model: None,
    "parent": lambda profile, model: None,
    "max_model_len": lambda profile, model: None,
    "permission": permission,
    "name": lambda profile, model: model.name or model.id,
    "description": lambda profile, model: model.description or f"The model {model.name or model.id}.",
    "date": lambda profile, model: model.date or FIRST_DATE,
    "context_length": lambda profile, model: model.context or CONTEXT,
    "max_completion_tokens": lambda profile, model: model.output or OUTPUT,
    "is_moderated": lambda profile, model: model.moderated,
    "architecture": lambda profile, model: {"modality": model.modality or "text->text"},
    "pricing": pricing,
}
