"""The objectives of a request: the limits within which it counts as good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

OBJECTIVE_METRICS = {"ttft": "TTFT ms", "tpot": "TPOT ms", "e2e": "e2e ms"}


def parse_objectives(texts: Sequence[str]) -> dict[str, float]:
    """Parses texts such as `ttft=300` to limits in milliseconds by metric; raises ConfigError if one is malformed."""
    limits, form = {}, f"write {'|'.join(OBJECTIVE_METRICS)}=MILLISECONDS"
    for text in texts:
        name, _, limit = text.partition("=")
        try:
            limits[OBJECTIVE_METRICS[name]] = float(limit)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--slo {text}", "it cannot be parsed", "; ".join(filter(None, [_likely_metric(name), form]))
            ) from None
    return limits


def _likely_metric(name: str) -> str:
    return "" if name in OBJECTIVE_METRICS else did_you_mean(name, OBJECTIVE_METRICS).removesuffix("?")


def meets_objectives(values: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """True if each value that has a limit is within it."""
    return all(value <= limits[kind] for kind, value in values.items() if kind in limits)
