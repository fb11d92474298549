"""Members of a target, each made from what an option was given, the provider and the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.contract import keys
from wireproof.contract.base_url import is_base_url, is_plain_and_remote
from wireproof.contract.mock_controls import CONTROLS
from wireproof.contract.option_values import read_deadlines, read_headers, read_models, read_price
from wireproof.contract.provider import Price, Provider
from wireproof.contract.target import Deadlines, Key
from wireproof.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sources:
    """All that the members of a target are made from.

    Attributes:
        given: the name of an option → its value.
    """

    provider: Provider
    given: Mapping[str, Any]
    environment: Mapping[str, str]


# Makes a member of a target from what its option was given.
Make = Callable[[Any, Sources], Any]


def as_given(value: Any, sources: Sources) -> Any:
    """The value that was given; None where none was."""
    return value


def or_else(default: Any) -> Make:
    """The value that was given, or else this one."""
    return lambda value, sources: value or default


def always(value: Any) -> Make:
    """This value, whatever was given."""
    return lambda given, sources: value


def base_url(url: str, sources: Sources) -> str:
    """The address without a slash at its end; raises ConfigError if it is none."""
    if not is_base_url(url):
        raise ConfigError(f"--endpoint {url}", "it is no HTTP address", "write it as https://host/v1")
    return url.rstrip("/")


def live_models(given: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models that were named."""
    return read_models(given)


def mock_models(given: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models of the provider, with those that were named in their place."""
    return {**sources.provider.models, **read_models(given)}


def live_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """The keys that were named, by label; raises ConfigError if one is missing or would travel unencrypted."""
    endpoint, environment = sources.given["endpoint"], sources.environment
    held = keys.keys_from_options(sources.given.get("key", ()), sources.provider, environment)
    held["good"] = keys.find_live_key(key_env, endpoint, sources.provider, environment)
    if held["good"].value and is_plain_and_remote(endpoint):
        raise ConfigError(
            f"--endpoint {endpoint}", "a key would travel unencrypted", "use https, or a loopback address"
        )
    return held


def mock_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """Every key that the mock knows."""
    return keys.mock_keys(sources.provider)


def live_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """What the keys let a run show, and what was said of the server."""
    held = live_keys(sources.given.get("key_env"), sources)
    return keys.means_from_keys(held, sources.provider) | ({"one-slot"} if one_slot else set())


def mock_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """All that the mock can arrange."""
    return frozenset(CONTROLS) | keys.means_from_keys(keys.mock_keys(sources.provider), sources.provider)


def live_tier(name: str | None, sources: Sources) -> str | None:
    """The tier that was named; raises ConfigError if the provider has none of that name."""
    tiers = sources.provider.rate.tiers
    if name is not None and name not in tiers:
        raise ConfigError(f"--tier {name}", "no such tier", f"choose one of {', '.join(tiers)}")
    return name


def mock_tier(name: str | None, sources: Sources) -> str:
    """The tier of the key that the mock is asked with."""
    return sources.provider.rate.suite_tier


def live_headers(given: Sequence[str], sources: Sources) -> dict[str, str]:
    """The header lines that were given."""
    return read_headers(given)


def live_hidden(names: Sequence[str], sources: Sources) -> tuple[str, ...]:
    """The secrets in the variables that were named; raises ConfigError if one is empty."""
    return tuple(_secret_from_environment(name, sources.environment) for name in names)


def deadlines(default: Deadlines) -> Make:
    """The deadlines that were given, and these for the rest."""
    return lambda given, sources: read_deadlines(given, default)


def live_pace(given: float | None, sources: Sources) -> float | None:
    """Requests a minute: as it was said, or what the tier of the key allows."""
    tier = sources.provider.rate.tiers.get(sources.given.get("tier", ""))
    return given if given is not None else tier.per_minute if tier else None


def price(text: str | None, sources: Sources) -> Price | None:
    """The price that was given; None if none was."""
    return None if text is None else read_price(text)


def _secret_from_environment(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigError(f"the environment variable {name}", "it holds no secret", f"export {name}=…")
    return environment[name]
