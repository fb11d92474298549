"""The limits of a provider, and the headers that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNLIMITED_REQUESTS = 1_000_000
TOKEN_HEADER_ROLES = ("limit_tokens", "remaining_tokens", "reset_tokens")


@dataclass(frozen=True, slots=True)
class TierRules:
    """The limits of the keys of one tier.

    Attributes:
        per_minute: the requests of a minute; None for no limit.
        per_month: the requests of a month; None for no limit.
        models: the ids of the models that it may use; empty for all.
        credits: the tokens that a key may use altogether; None for no limit.
        tokens_per_minute: None if the tokens of a minute are not counted.
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
    """The tiers, the algorithm of the limits, and the headers that show them.

    Attributes:
        dialect: the form of the headers, a key of LIMIT_HEADERS_BY_DIALECT, or none.
        tokens: the headers for limit, remaining and reset of the tokens of a minute; empty if there are none.
        slack: the requests that are admitted above the limit.
        counts_months: true if a used-up volume is refused, of requests and of tokens.
        window_s: the seconds after which requests are free again; headers always describe a minute.
        days_end: true if a new day frees tokens.
        model: the algorithm that frees requests, a key of WINDOW_TYPES.
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
        header_names = row.get("headers", {})
        return cls(
            dialect=row.get("dialect", "none"),
            limit=header_names.get("limit", ""),
            remaining=header_names.get("remaining", ""),
            reset=header_names.get("reset", ""),
            retry_after=row.get("retry_after", False),
            tiers=tuple(TierRules.from_mapping(name, tier) for name, tier in row["tiers"].items()),
            tokens=tuple(header_names[name] for name in TOKEN_HEADER_ROLES if name in header_names),
        )

    @property
    def lowest_tier(self) -> TierRules:
        return min(self.tiers, key=lambda tier: tier.limit)
