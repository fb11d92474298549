"""The list of models and its entries, as far as the key's tier sees them."""

from __future__ import annotations

from typing import Any

from wireproof.mock.endpoint import Visit
from wireproof.mock.model import Model
from wireproof.mock.refusal import Refused
from wireproof.mock.said import Answer, Said
from wireproof.mock.validate import Body


def visible(visit: Visit) -> list[Model]:
    seen = visit.tier.models
    return [model for model in visit.profile.catalogue if not seen or model.id in seen]


def entry(model: Model) -> dict[str, Any]:
    made = {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}
    return {name: value for name, value in made.items() if value is not None}


def models(visit: Visit, body: Body) -> Answer:
    return Said(200, {"object": "list", "data": [entry(model) for model in visible(visit)]})


def model(visit: Visit, body: Body) -> Answer:
    """One entry by its id; an id that the list does not show is not found."""
    found = next((model for model in visible(visit) if model.id == visit.held), None)
    if found is None:
        raise Refused("unknown-model", f"The model '{visit.held}' does not exist.", param="model", status=404)
    return Said(200, entry(found))
