"""Tokens: what a request may use of a day's allowance and of a key's credits, and what it used."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import TierRules

# The kind of use that an endpoint is, as tables of usage limits name them.
USE_KIND_BY_ENDPOINT: Mapping[str, str] = {
    "chat": "api",
    "completions": "api",
    "responses": "api",
    "embeddings": "embeddings",
}


@dataclass(frozen=True, slots=True)
class QuotaDemand:
    """What a request would use: a model, in one kind of use; no kind where it counts no tokens."""

    model: Model | None = None
    kind: str = ""

    @property
    def per_day(self) -> int | None:
        """The tokens of a day, None where they are not limited."""
        return None if self.model is None else self.model.tokens_per_day.get(self.kind)


def demand_from_request(profile: Profile, endpoint: str, body: Mapping[str, Any]) -> QuotaDemand:
    name = body.get("model")
    return QuotaDemand(profile.model(name) if isinstance(name, str) else None, USE_KIND_BY_ENDPOINT.get(endpoint, ""))


def tokens_used(answer: Answer) -> int:
    """The tokens that an answer says it used."""
    if isinstance(answer, StreamAnswer):
        return answer.tokens
    usage = answer.value.get("usage") if isinstance(answer.value, dict) else None
    total = usage.get("total_tokens", 0) if isinstance(usage, dict) else 0
    return total if isinstance(total, int) else 0


@dataclass(slots=True)
class TokenAccount:
    """What one account has used.

    Attributes:
        used_up: the day on which each allowance was used up when the account was opened, but for what is left.
    """

    total: int = 0
    days: dict[tuple[str, str, str], int] = field(default_factory=dict)
    used_up: str = ""
    left: int = 0
    only_first: bool = False
    first_model: str = ""

    def charge(self, use: QuotaDemand, at: float, tokens: int) -> None:
        self.total += tokens
        if use.model is not None:
            place = (day_name(at), use.model.id, use.kind)
            self.days[place] = self.days.get(place, 0) + tokens

    def use_up(self, tier: TierRules, at: float, left: int) -> None:
        """Let everything be used up but what is left: the credits for ever, the allowances of the day."""
        self.total, self.used_up, self.left = max(0, (tier.credits or 0) - left), day_name(at), left

    def missing_reason(self, tier: TierRules, use: QuotaDemand, at: float, *, days_end: bool) -> str:
        """Why there are no tokens left for this use; empty where there are."""
        if use.kind and tier.credits is not None and self.total >= tier.credits:
            return "The credits of this key are used up."
        if use.model is None or use.per_day is None:
            return ""
        is_used_up = self.used_up == day_name(at) if days_end else self.used_up != ""
        is_used_up = is_used_up and not self._is_spared(use.model)
        used = self.days.get((day_name(at), use.model.id, use.kind), 0)
        lacks = used >= (self.left if is_used_up else use.per_day)
        return f"The tokens of this day are used up for {use.model.id}." if lacks else ""

    def _is_spared(self, model: Model) -> bool:
        """Whether the model is another than the one that was asked first, for which alone the tokens are used up."""
        self.first_model = self.first_model or model.id
        return self.only_first and model.id != self.first_model


def day_name(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def is_metered(profile: Profile, tier: TierRules) -> bool:
    """Whether tokens are counted for a key of this tier."""
    return tier.credits is not None or any(model.tokens_per_day for model in profile.catalogue)
