"""Builds targets from options: address, contract, keys, models and means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wireproof.contract import certificates, loading
from wireproof.contract.mock_controls import CONTROLS
from wireproof.contract.option_table import BY_NAME, OPTIONS
from wireproof.contract.target import Target
from wireproof.contract.target_members import Sources
from wireproof.errors import ConfigError


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """The options about targets.

    Attributes:
        given: option name → value, of the options that were set.
    """

    given: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := self.given.keys() - BY_NAME.keys():
            raise TypeError(f"unknown options about targets: {', '.join(sorted(unknown))}")

    @classmethod
    def from_parsed(cls, parsed: Mapping[str, Any]) -> TargetOptions:
        """Selects the options about targets from all parsed options."""
        return cls({row.name: parsed[row.name] for row in OPTIONS if parsed.get(row.name) is not None})

    @property
    def providers(self) -> tuple[str, ...]:
        """Names of the contracts to judge by."""
        return tuple(self.given.get("provider", ()))

    @property
    def providers_file(self) -> Path | None:
        """File that adds providers or changes them."""
        name = self.given.get("providers")
        return Path(name) if name else None

    @property
    def endpoint(self) -> str | None:
        """The base URL to judge."""
        return self.given.get("endpoint")

    @property
    def live(self) -> bool:
        """True if an endpoint is named; otherwise the target is the bundled mock."""
        return self.endpoint is not None


def build_targets(options: TargetOptions, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """Builds the targets of a run; targets on the mock get their address when it has started.

    Raises ConfigError for an unknown provider, a missing key or an option that cannot be parsed.
    """
    certificates.check_ca_file(environment)
    available = loading.load_providers(options.providers_file)
    names = options.providers or ((loading.BASELINE_PROVIDER,) if options.live else tuple(available))
    if options.live and len(names) > 1:
        raise ConfigError("--provider", "an endpoint is judged by one contract", "name one provider with --endpoint")
    return tuple(
        _build_target(Sources(loading.find_provider(available, name), options.given, environment), live=options.live)
        for name in names
    )


def mock_targets(*providers: str) -> tuple[Target, ...]:
    """Targets on the bundled mock for these providers (default: all), with the profile `all`."""
    return build_targets(TargetOptions({"provider": providers, "profile": "all"}), {})


def with_address(target: Target, base_url: str) -> Target:
    """Returns a copy of the target at another base URL."""
    return replace(target, base_url=base_url.rstrip("/"))


def environment() -> Mapping[str, str]:
    """A copy of the process environment."""
    return dict(os.environ)


def _build_target(sources: Sources, *, live: bool) -> Target:
    makers = [(row, row.live if live else row.mock) for row in OPTIONS]
    members = {row.member: make(row.value_in(sources.given), sources) for row, make in makers if make is not None}
    controlled: dict[str, Any] = {} if live else {"controls": CONTROLS, "own_keys": True}
    return Target(provider=sources.provider, **controlled, **members)
