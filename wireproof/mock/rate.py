"""How a provider's limits are counted and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Tier:
    """What a key of this tier may use.

    Attributes:
        models: empty where it may use all.
        credits: the tokens a key may use altogether.
    """

    name: str
    per_minute: int | None
    per_month: int | None
    models: tuple[str, ...] = ()
    credits: int | None = None

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> Tier:
        models = row.get("models", "all")
        return cls(
            name=name,
            per_minute=row.get("per_minute"),
            per_month=row.get("per_month"),
            models=() if models == "all" else tuple(models),
            credits=row.get("credits"),
        )

    @property
    def limit(self) -> int:
        return UNLIMITED if self.per_minute is None else self.per_minute


@dataclass(frozen=True, slots=True)
class Rate:
    """How limits are counted and shown.

    Attributes:
        slack: the requests more than the limit that are let through.
        counts_months: whether a volume that is used up is refused, of requests as of tokens.
        windows_end: whether a minute frees requests.
        days_end: whether a day frees tokens.
    """

    dialect: str
    limit: str
    remaining: str
    reset: str
    retry_after: bool
    tiers: tuple[Tier, ...]
    slack: int = 0
    counts_months: bool = True
    windows_end: bool = True
    days_end: bool = True

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Rate:
        shown = row.get("headers", {})
        return cls(
            dialect=row.get("dialect", "none"),
            limit=shown.get("limit", ""),
            remaining=shown.get("remaining", ""),
            reset=shown.get("reset", ""),
            retry_after=row.get("retry_after", False),
            tiers=tuple(Tier.from_mapping(name, tier) for name, tier in row["tiers"].items()),
        )

    @property
    def lowest(self) -> Tier:
        return min(self.tiers, key=lambda tier: tier.limit)
