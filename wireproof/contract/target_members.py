"""Functions that make the members of a target from an option, the provider and the environment."""

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
    """Inputs of every member.

    Attributes:
        provider: contract of the target.
        given: option name → value, of the options that were set.
        environment: environment variables.
    """

    provider: Provider
    given: Mapping[str, Any]
    environment: Mapping[str, str]


# Makes a member of a target from the value of its option.
Make = Callable[[Any, Sources], Any]


def as_given(value: Any, sources: Sources) -> Any:
    """Returns the value of the option; None if it is not set."""
    return value


def or_else(default: Any) -> Make:
    """Makes the value of the option; the default if it is not set."""
    return lambda option, sources: option or default


def always(value: Any) -> Make:
    """Makes a constant value, whatever the option is."""
    return lambda option, sources: value


def base_url(url: str, sources: Sources) -> str:
    """The base URL without trailing slash; raises ConfigError if it is not an HTTP URL."""
    if not is_base_url(url):
        raise ConfigError(f"--endpoint {url}", "it is not an HTTP URL", "write it as https://host/v1")
    return url.rstrip("/")


def live_models(option: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models that the option names."""
    return read_models(option)


def mock_models(option: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models of the provider, replaced by those that the option names."""
    return {**sources.provider.models, **read_models(option)}


def live_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """Keys by label; raises ConfigError if one is missing or would be sent unencrypted."""
    endpoint, environment = sources.given["endpoint"], sources.environment
    by_label = keys.keys_from_options(sources.given.get("key", ()), sources.provider, environment)
    by_label["good"] = keys.find_live_key(key_env, endpoint, sources.provider, environment)
    if by_label["good"].value and is_plain_and_remote(endpoint):
        raise ConfigError(
            f"--endpoint {endpoint}", "a key would be sent unencrypted", "use https, or a loopback address"
        )
    return by_label


def mock_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """Every key that the mock accepts."""
    return keys.mock_keys(sources.provider)


def live_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """The means of the keys, and `one-slot` if the option is set."""
    by_label = live_keys(sources.given.get("key_env"), sources)
    return keys.means_from_keys(by_label, sources.provider) | ({"one-slot"} if one_slot else set())


def mock_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """Every means that the mock provides."""
    return frozenset(CONTROLS) | keys.means_from_keys(keys.mock_keys(sources.provider), sources.provider)


def live_tier(name: str | None, sources: Sources) -> str | None:
    """The tier of the key; raises ConfigError if the provider has no tier of that name."""
    tiers = sources.provider.rate.tiers
    if name is not None and name not in tiers:
        raise ConfigError(f"--tier {name}", "the provider has no such tier", f"choose one of {', '.join(tiers)}")
    return name


def mock_tier(name: str | None, sources: Sources) -> str:
    """The tier of the default key on the mock."""
    return sources.provider.rate.suite_tier


def live_headers(lines: Sequence[str], sources: Sources) -> dict[str, str]:
    """The headers that the option adds."""
    return read_headers(lines)


def live_hidden(names: Sequence[str], sources: Sources) -> tuple[str, ...]:
    """Secrets in the variables that the option names; raises ConfigError if one is empty."""
    return tuple(_secret_from_environment(name, sources.environment) for name in names)


def deadlines(default: Deadlines) -> Make:
    """Makes the deadlines: those of the option, and the defaults for the rest."""
    return lambda option, sources: read_deadlines(option, default)


def live_pace(option: float | None, sources: Sources) -> float | None:
    """Maximum requests a minute: that of the option, else the limit of the tier."""
    tier = sources.provider.rate.tiers.get(sources.given.get("tier", ""))
    return option if option is not None else tier.per_minute if tier else None


def price(text: str | None, sources: Sources) -> Price | None:
    """The price that the option states; None if it is not set."""
    return None if text is None else read_price(text)


def _secret_from_environment(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigError(f"the environment variable {name}", "it is empty", f"export {name}=…")
    return environment[name]
