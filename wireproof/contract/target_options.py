"""Targets from options: whom this run talks to, with which keys, models and means."""

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
    """What was said about targets: the name of an option → its value, as far as it was given."""

    given: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := self.given.keys() - BY_NAME.keys():
            raise TypeError(f"no option about targets is named {', '.join(sorted(unknown))}")

    @classmethod
    def from_parsed(cls, parsed: Mapping[str, Any]) -> TargetOptions:
        """The options about targets among all that were parsed."""
        return cls({row.name: parsed[row.name] for row in OPTIONS if parsed.get(row.name) is not None})

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of the contracts to judge by."""
        return tuple(self.given.get("provider", ()))

    @property
    def providers_file(self) -> Path | None:
        """The file that adds providers or changes them."""
        name = self.given.get("providers")
        return Path(name) if name else None

    @property
    def endpoint(self) -> str | None:
        """The base URL to judge."""
        return self.given.get("endpoint")

    @property
    def live(self) -> bool:
        """True if an endpoint was named; otherwise the bundled mock answers."""
        return self.endpoint is not None


def build_targets(options: TargetOptions, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """The targets of a run; those of the mock get their address when it has started.

    Raises ConfigError for an unknown provider, a missing key or an option that does not read.
    """
    certificates.check_ca_file(environment)
    known = loading.load_providers(options.providers_file)
    names = options.providers or ((loading.BASELINE_PROVIDER,) if options.live else tuple(known))
    if options.live and len(names) > 1:
        raise ConfigError("--provider", "one endpoint has one contract", "name one provider with --endpoint")
    return tuple(
        _target(Sources(loading.find_provider(known, name), options.given, environment), live=options.live)
        for name in names
    )


def mock_targets(*providers: str) -> tuple[Target, ...]:
    """The bundled mock as these providers, or as every one, asked all there is to ask."""
    return build_targets(TargetOptions({"provider": providers, "profile": "all"}), {})


def with_address(target: Target, base_url: str) -> Target:
    """The same target at an address."""
    return replace(target, base_url=base_url.rstrip("/"))


def environment() -> Mapping[str, str]:
    """The environment, read once at the edge."""
    return dict(os.environ)


def _target(sources: Sources, *, live: bool) -> Target:
    makers = [(row, row.live if live else row.mock) for row in OPTIONS]
    members = {row.member: make(row.value_in(sources.given), sources) for row, make in makers if make is not None}
    controlled: dict[str, Any] = {} if live else {"controls": CONTROLS, "own_keys": True}
    return Target(name=sources.provider.name, provider=sources.provider, **controlled, **members)
