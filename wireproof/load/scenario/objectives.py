"""Objectives of a request: what it must meet to count as good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wireproof.errors import ConfigError

OBJECTIVE_METRICS = {"ttft": "TTFT ms", "tpot": "TPOT ms", "e2e": "e2e ms"}


def parse_objectives(given: Sequence[str]) -> dict[str, float]:
    """`ttft=300` as a limit in milliseconds under the metric's own name; ConfigError where it does not read."""
    found = {}
    for text in given:
        name, _, limit = text.partition("=")
        try:
            found[OBJECTIVE_METRICS[name]] = float(limit)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--slo {text}", "it does not read", f"write {'|'.join(OBJECTIVE_METRICS)}=MILLISECONDS"
            ) from None
    return found


def meets_objectives(values: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Each value that has a limit is within it."""
    return all(value <= limits[kind] for kind, value in values.items() if kind in limits)
