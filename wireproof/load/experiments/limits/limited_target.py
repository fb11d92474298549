"""From a target of the usual options to one whose limit can be met: a tier that has one, and a key of it."""

from __future__ import annotations

from dataclasses import replace

from wireproof.contract.provider import Tier
from wireproof.contract.target import Key, Target
from wireproof.errors import ConfigError

# What a probe asks at most where nobody says: to meet the limit about four times.
LIMIT_MEETINGS, REQUEST_MARGIN, REQUESTS_FOR_UNKNOWN_LIMIT = 4, 60, 300


def with_limited_tier(target: Target, tier_name: str | None) -> Target:
    """The target with the key of a limited tier, the lowest unless one is named, and a budget to meet its limit.

    Raises ConfigError where the bundled server has no such tier.
    """
    tier = _find_limited_tier(target, tier_name) if target.own_keys else target.provider.rate.tiers.get(tier_name or "")
    if target.own_keys and tier is not None:
        key = target.keys[tier.name]
        models = {**target.models, **({"chat": tier.models[0]} if tier.models else {})}
        account = Key(key.name, f"{key.value}.limiter")
        target = replace(target, keys={**target.keys, "good": account}, models=models, tier=tier.name, own_keys=False)
    limit = tier.per_minute if tier else None
    enough = REQUESTS_FOR_UNKNOWN_LIMIT if limit is None else LIMIT_MEETINGS * limit + REQUEST_MARGIN
    return replace(target, max_requests=target.max_requests or enough)


def other_account_key(target: Target) -> Key:
    """On the bundled server, the key of another account of the same tier."""
    key = target.keys["good"]
    return Key(key.name, f"{key.value}-other")


def _find_limited_tier(target: Target, name: str | None) -> Tier:
    tiers = target.provider.rate.tiers
    if name is not None and name not in tiers:
        raise ConfigError(f"--tier {name}", "no such tier", f"choose one of {', '.join(tiers)}")
    limited = [tier for tier in tiers.values() if tier.per_minute is not None and name in (None, tier.name)]
    if not limited:
        where, problem = f"--provider {target.provider.name}", "no such tier of its contract is limited a minute"
        raise ConfigError(where, problem, "name another tier or provider, or an --endpoint")
    return min(limited, key=lambda tier: tier.per_minute or 0)
