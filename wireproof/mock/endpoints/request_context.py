"""What every endpoint is given: the profile, the body, the tier, the hour."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.accounts.stored_items import ItemStore
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import TierRules
from wireproof.mock.provider.refusals import RequestRefused


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One admitted request on its way to its endpoint."""

    profile: Profile
    endpoint: str
    tier: TierRules
    path_value: str | None
    received: HttpRequest
    ordinals: Iterator[int] = field(default_factory=itertools.count)
    cells_up: int = 1
    stored_items: ItemStore = field(default_factory=ItemStore)

    @property
    def created(self) -> int:
        return int(self.received.at)

    def new_id(self, prefix: str, draw: HashRandom) -> str:
        """An id that is drawn from the request and yet never given twice."""
        return f"{prefix}{draw.derive('id', next(self.ordinals)).hex(24)}"


def find_model(visit: RequestContext, name: str, role: str) -> Model:
    """The model a request names, if this key may use it for this."""
    found = visit.profile.model(name)
    if found is None:
        raise RequestRefused(
            "unknown-model",
            f"The model '{name}' does not exist or you do not have access to it.",
            param="model",
        )
    if visit.tier.models and name not in visit.tier.models:
        raise RequestRefused("tier-locked-model", f"The model '{name}' is not available on your tier.", param="model")
    if role not in found.roles:
        raise RequestRefused("wrong-model-kind", f"The model '{name}' does not serve {role}.", param="model")
    return found


def check_context_length(visit: RequestContext, model: Model, tokens: int, param: str) -> None:
    """Refuse what is longer than the model's context, where the provider has a refusal for it."""
    if model.context is None or tokens <= model.context or "context-exceeded" not in visit.profile.refusals:
        return
    message = f"This model takes at most {model.context} tokens, and {tokens} were asked for."
    raise RequestRefused("context-exceeded", message, param=param)


def lowest_cap(body: dict[str, Any], *names: str | None) -> int | None:
    """The lowest of the token caps a request sets."""
    caps = [int(body[name]) for name in names if name is not None and body.get(name) is not None]
    return min(caps, default=None)


def stop_sequences(body: dict[str, Any]) -> tuple[str, ...]:
    given = body.get("stop") or ()
    return (given,) if isinstance(given, str) else tuple(given)


def served_tier(body: dict[str, Any]) -> str:
    """The tier that serves a request: the one it asks for, the default where it leaves the choice."""
    asked = body.get("service_tier", "auto")
    return "default" if asked == "auto" else str(asked)
