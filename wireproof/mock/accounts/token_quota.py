"""Token quotas: the allowance of a day, the credits of a key, and what requests have used of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import TierRules

# Endpoint → kind of use, as the tables of usage limits name it.
USE_KIND_BY_ENDPOINT: Mapping[str, str] = {
    "chat": "api",
    "completions": "api",
    "responses": "api",
    "embeddings": "embeddings",
}


@dataclass(frozen=True, slots=True)
class QuotaDemand:
    """The model and the kind of use that a request would charge; the kind is empty if no tokens are counted."""

    model: Model | None = None
    kind: str = ""

    @property
    def per_day(self) -> int | None:
        """The tokens of a day; None if they are not limited."""
        return None if self.model is None else self.model.tokens_per_day.get(self.kind)


def demand_from_request(profile: Profile, endpoint: str, body: Mapping[str, Any]) -> QuotaDemand:
    name = body.get("model")
    return QuotaDemand(profile.model(name) if isinstance(name, str) else None, USE_KIND_BY_ENDPOINT.get(endpoint, ""))


def tokens_used(answer: Answer) -> int:
    """The total tokens in the usage of an answer."""
    if isinstance(answer, StreamAnswer):
        return answer.tokens
    usage = answer.value.get("usage") if isinstance(answer.value, dict) else None
    total = usage.get("total_tokens", 0) if isinstance(usage, dict) else 0
    return total if isinstance(total, int) else 0


@dataclass(slots=True)
class TokenAccount:
    """The tokens that one account has used.

    Attributes:
        total: the tokens of all requests.
        days: (day, id of the model, kind of use) → tokens.
        used_up: the day of opening, if the account was opened with everything used up; otherwise empty.
        left: the tokens of each allowance that such an account has left.
        only_first: true if only the model that is requested first is used up.
        first_model: the id of that model.
    """

    total: int = 0
    days: dict[tuple[str, str, str], int] = field(default_factory=dict)
    used_up: str = ""
    left: int = 0
    only_first: bool = False
    first_model: str = ""

    def charge(self, demand: QuotaDemand, at: float, tokens: int) -> None:
        self.total += tokens
        if demand.model is not None:
            key = (day_name(at), demand.model.id, demand.kind)
            self.days[key] = self.days.get(key, 0) + tokens

    def use_up(self, tier: TierRules, at: float, left: int) -> None:
        """Marks all but `left` tokens as used up: the credits for good, the allowances for the day."""
        self.total, self.used_up, self.left = max(0, (tier.credits or 0) - left), day_name(at), left

    def missing_reason(self, tier: TierRules, demand: QuotaDemand, at: float, *, days_end: bool) -> str:
        """Reason why there are no tokens left for this demand; an empty text if there are."""
        if demand.kind and tier.credits is not None and self.total >= tier.credits:
            return "The credits of this key are used up."
        if demand.model is None or demand.per_day is None:
            return ""
        is_used_up = self.used_up == day_name(at) if days_end else self.used_up != ""
        is_used_up = is_used_up and not self._is_spared(demand.model)
        used = self.days.get((day_name(at), demand.model.id, demand.kind), 0)
        is_missing = used >= (self.left if is_used_up else demand.per_day)
        return f"The tokens of this day are used up for {demand.model.id}." if is_missing else ""

    def _is_spared(self, model: Model) -> bool:
        """True if only the first requested model is used up, and this is another one."""
        self.first_model = self.first_model or model.id
        return self.only_first and model.id != self.first_model


def day_name(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def is_metered(profile: Profile, tier: TierRules) -> bool:
    """True if tokens are counted for a key of this tier."""
    return tier.credits is not None or any(model.tokens_per_day for model in profile.catalogue)
