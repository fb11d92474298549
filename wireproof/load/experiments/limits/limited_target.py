"""Prepares a target for a limit probe: a tier with a limit, a key of that tier, and a budget."""

from __future__ import annotations

from dataclasses import replace

from wireproof.contract.provider import Tier
from wireproof.contract.target import Key, Target
from wireproof.errors import ConfigError

# The default budget lets the probe reach the limit about four times.
LIMIT_MEETINGS, REQUEST_MARGIN, REQUESTS_FOR_UNKNOWN_LIMIT = 4, 60, 300


def with_limited_tier(target: Target, tier_name: str | None) -> Target:
    """Returns the target with a key of the named tier, or of the one with the lowest limit, and a default budget.

    Raises ConfigError if the provider has no such tier with a limit.
    """
    tier = _find_limited_tier(target, tier_name) if target.own_keys else target.provider.rate.tiers.get(tier_name or "")
    if target.own_keys and tier is not None:
        key = target.keys[tier.name]
        models = {**target.models, **({"chat": tier.models[0]} if tier.models else {})}
        account = Key(key.name, f"{key.value}.limiter")
        target = replace(target, keys={**target.keys, "good": account}, models=models, tier=tier.name, own_keys=False)
    limit = tier.per_minute if tier else None
    default = REQUESTS_FOR_UNKNOWN_LIMIT if limit is None else LIMIT_MEETINGS * limit + REQUEST_MARGIN
    return replace(target, max_requests=target.max_requests or default)


def other_account_key(target: Target) -> Key:
    """The key of another account of the same tier on the reference server."""
    key = target.keys["good"]
    return Key(key.name, f"{key.value}-other")


def _find_limited_tier(target: Target, name: str | None) -> Tier:
    tiers = target.provider.rate.tiers
    if name is not None and name not in tiers:
        raise ConfigError(f"--tier {name}", "no such tier", f"choose one of {', '.join(tiers)}")
    limited = [tier for tier in tiers.values() if tier.per_minute is not None and name in (None, tier.name)]
    if not limited:
        where, problem = f"--provider {target.provider.name}", "no such tier of its contract has a limit per minute"
        raise ConfigError(where, problem, "name another tier or provider, or an --endpoint")
    return min(limited, key=lambda tier: tier.per_minute or 0)
