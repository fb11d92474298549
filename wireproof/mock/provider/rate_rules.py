"""How a provider's limits are counted and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNLIMITED_REQUESTS = 1_000_000
TOKEN_HEADER_ROLES = ("limit_tokens", "remaining_tokens", "reset_tokens")


@dataclass(frozen=True, slots=True)
class TierRules:
    """What a key of this tier may use.

    Attributes:
        models: empty where it may use all.
        credits: the tokens a key may use altogether.
        tokens_per_minute: None where a minute's tokens are not counted.
    """

    name: str
    per_minute: int | None
    per_month: int | None
    models: tuple[str, ...] = ()
    credits: int | None = None
    tokens_per_minute: int | None = None

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> TierRules:
        models = row.get("models", "all")
        return cls(
            name=name,
            per_minute=row.get("per_minute"),
            per_month=row.get("per_month"),
            models=() if models == "all" else tuple(models),
            credits=row.get("credits"),
            tokens_per_minute=row.get("tokens_per_minute"),
        )

    @property
    def limit(self) -> int:
        return UNLIMITED_REQUESTS if self.per_minute is None else self.per_minute


@dataclass(frozen=True, slots=True)
class RateRules:
    """How limits are counted and shown.

    Attributes:
        tokens: the headers that tell limit, remaining and reset of a minute's tokens; none where it has none.
        slack: the requests more than the limit that are let through.
        counts_months: whether a volume that is used up is refused, of requests as of tokens.
        window_s: the seconds after which requests are free again; what is told of them is a minute.
        days_end: whether a day frees tokens.
        model: how requests become free again, a key of WINDOWS.
    """

    dialect: str
    limit: str
    remaining: str
    reset: str
    retry_after: bool
    tiers: tuple[TierRules, ...]
    tokens: tuple[str, ...] = ()
    slack: int = 0
    counts_months: bool = True
    window_s: float = 60.0
    days_end: bool = True
    model: str = "window"

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> RateRules:
        shown = row.get("headers", {})
        return cls(
            dialect=row.get("dialect", "none"),
            limit=shown.get("limit", ""),
            remaining=shown.get("remaining", ""),
            reset=shown.get("reset", ""),
            retry_after=row.get("retry_after", False),
            tiers=tuple(TierRules.from_mapping(name, tier) for name, tier in row["tiers"].items()),
            tokens=tuple(shown[name] for name in TOKEN_HEADER_ROLES if name in shown),
        )

    @property
    def lowest_tier(self) -> TierRules:
        return min(self.tiers, key=lambda tier: tier.limit)
