"""The objectives of a request: the limits within which it counts as good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wireproof.errors import ConfigError

OBJECTIVE_METRICS = {"ttft": "TTFT ms", "tpot": "TPOT ms", "e2e": "e2e ms"}


def parse_objectives(texts: Sequence[str]) -> dict[str, float]:
    """Parses texts such as `ttft=300` to limits in milliseconds by metric; raises ConfigError if one is malformed."""
    limits = {}
    for text in texts:
        name, _, limit = text.partition("=")
        try:
            limits[OBJECTIVE_METRICS[name]] = float(limit)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--slo {text}", "it cannot be parsed", f"write {'|'.join(OBJECTIVE_METRICS)}=MILLISECONDS"
            ) from None
    return limits


def meets_objectives(values: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """True if each value that has a limit is within it."""
    return all(value <= limits[kind] for kind, value in values.items() if kind in limits)
