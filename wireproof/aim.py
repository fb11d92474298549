"""From options to targets: whom this run talks to, with which keys, models and means."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import inf
from pathlib import Path

from wireproof import address, config, keys, trust
from wireproof.errors import ConfigError
from wireproof.mock_controls import CONTROLS
from wireproof.provider import Provider
from wireproof.target import Deadlines, Price, Target

# What RFC 9110, 5.1, lets stand as the name of a header.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The mock is on this machine: what takes longer than this is stuck.
MOCK_DEADLINES = Deadlines(connect=5.0, first_byte=5.0, idle=2.0, total=20.0)


@dataclass(frozen=True, slots=True)
class Aim:
    """What the command line says about targets; None is "not said"."""

    providers: tuple[str, ...] = ()
    endpoint: str | None = None
    models: tuple[str, ...] = ()
    key_env: str | None = None
    profile: str | None = None
    providers_file: Path | None = None
    deadlines: tuple[str, ...] = ()
    connections: int | None = None
    pace: float | None = None
    max_requests: int | None = None
    max_output_tokens: int | None = None
    max_cost: float | None = None
    price: str | None = None
    means: tuple[str, ...] = ()
    tier: str | None = None
    one_slot: bool = False
    patience: float = 0.0
    headers: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """An endpoint was named; otherwise the bundled mock answers."""
        return self.endpoint is not None


def targets(aim: Aim, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """The targets of a run; those of the mock get their address when it has started.

    Raises ConfigError for an unknown provider, a missing key or an option that does not read.
    """
    trust.check(environment)
    known = config.load_providers(aim.providers_file)
    if not aim.live:
        names = aim.providers or tuple(known)
        return tuple(_mock_target(config.provider_named(known, name), aim) for name in names)
    if len(aim.providers) > 1:
        raise ConfigError("--provider", "one endpoint has one contract", "name one provider with --endpoint")
    return (_live_target(config.provider_named(known, (aim.providers or (config.BASELINE,))[0]), aim, environment),)


def at_address(target: Target, base_url: str) -> Target:
    """The same target at an address."""
    return replace(target, base_url=base_url.rstrip("/"))


def _mock_target(provider: Provider, aim: Aim) -> Target:
    held = keys.of_the_mock(provider)
    return Target(
        name=provider.name,
        provider=provider,
        base_url="",
        keys=held,
        models={**provider.models, **_models(aim.models)},
        means=frozenset(CONTROLS) | keys.means(held, provider),
        controls=CONTROLS,
        deadlines=_deadlines(aim.deadlines, MOCK_DEADLINES),
        connections=aim.connections or 4,
        pace=aim.pace,
        max_requests=aim.max_requests,
        max_output_tokens=aim.max_output_tokens,
        max_cost=aim.max_cost,
        price=_price(aim.price),
        tier=provider.rate.suite_tier,
        profile=aim.profile or "all",
        own_keys=True,
    )


def _live_target(provider: Provider, aim: Aim, environment: Mapping[str, str]) -> Target:
    assert aim.endpoint is not None
    if not address.is_base_url(aim.endpoint):
        raise ConfigError(f"--endpoint {aim.endpoint}", "it is no HTTP address", "write it as https://host/v1")
    held = keys.given(aim.means, provider, environment)
    held["good"] = keys.good(aim.key_env, aim.endpoint, provider, environment)
    if held["good"].value and address.is_plain_and_remote(aim.endpoint):
        raise ConfigError(
            f"--endpoint {aim.endpoint}", "a key would travel unencrypted", "use https, or a loopback address"
        )
    return Target(
        name=provider.name,
        provider=provider,
        base_url=aim.endpoint.rstrip("/"),
        keys=held,
        models=_models(aim.models),
        means=keys.means(held, provider) | ({"one-slot"} if aim.one_slot else set()),
        headers=_headers(aim.headers),
        hidden=tuple(_secret(name, environment) for name in aim.secrets),
        deadlines=_deadlines(aim.deadlines, Deadlines()),
        connections=aim.connections or 4,
        pace=_pace(provider, aim),
        max_requests=aim.max_requests,
        max_output_tokens=aim.max_output_tokens,
        max_cost=aim.max_cost,
        price=_price(aim.price),
        tier=_tier(provider, aim.tier),
        patience=aim.patience,
        profile=aim.profile or "core",
    )


def _models(given: Sequence[str]) -> dict[str, str]:
    """`ID` names the chat model, `ROLE=ID` any; an id may hold an equals sign after the first."""
    pairs = (text.partition("=")[::2] if "=" in text else ("chat", text) for text in given)
    return dict(pairs)


def _headers(given: Sequence[str]) -> dict[str, str]:
    headers = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"--header {text!r}", "it is no header line", "write NAME: VALUE")
        if not keys.SENDABLE.fullmatch(value.strip()) or not TOKEN.fullmatch(name.strip()):
            raise ConfigError(f"--header {text!r}", "it cannot stand in a header", "write one line of Latin-1")
        headers[name.strip()] = value.strip()
    return headers


def _secret(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigError(f"the environment variable {name}", "it holds no secret", f"export {name}=…")
    return environment[name]


def _pace(provider: Provider, aim: Aim) -> float | None:
    """Requests a minute: as it was said, or what the tier of the key allows."""
    tier = provider.rate.tiers.get(aim.tier or "")
    return aim.pace if aim.pace is not None else tier.per_minute if tier else None


def _price(text: str | None) -> Price | None:
    """`IN,OUT`: dollars for a million tokens of each."""
    if text is None:
        return None
    try:
        price = Price(*(float(part) for part in text.split(",")))
    except (TypeError, ValueError):
        price = Price(-1, -1)
    if not (0 <= price.input < inf and 0 <= price.output < inf):
        raise ConfigError(f"--price {text}", "it does not read", "write IN,OUT in dollars for a million tokens")
    return price


def _tier(provider: Provider, name: str | None) -> str | None:
    if name is not None and name not in provider.rate.tiers:
        raise ConfigError(f"--tier {name}", "no such tier", f"choose one of {', '.join(provider.rate.tiers)}")
    return name


def _deadlines(given: Sequence[str], default: Deadlines) -> Deadlines:
    known = {field.name.replace("_", "-"): field.name for field in fields(Deadlines)}
    changes: dict[str, float] = {}
    for text in given:
        name, _, seconds = text.partition("=")
        try:
            changes[known[name]] = _positive(seconds)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--deadline {text}",
                "it does not read",
                f"write NAME=SECONDS with NAME of {', '.join(known)}",
            ) from None
    return replace(default, **changes)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < inf:
        raise ValueError(text)
    return number


def environment() -> Mapping[str, str]:
    """The environment, read once at the edge."""
    return dict(os.environ)
