"""How many tokens a prompt or an answer has: always the same, uniform, lognormal, or one of those in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from wireproof.errors import ConfigError

LengthSampler = Callable[[Random], int]


def make_length_sampler(row: Any, folder: Path) -> LengthSampler:
    """The length that a row of a scenario describes; a file stands beside the scenario.

    Raises ConfigError where a file does not hold lengths.
    """
    if isinstance(row, int):
        return lambda _: row
    if "uniform" in row:
        least, most = row["uniform"]
        return lambda chance: chance.randint(least, most)
    if "file" in row:
        known = _read_lengths(folder / row["file"])
        return lambda chance: chance.choice(known)
    return _lognormal_sampler(row)


def _lognormal_sampler(row: Mapping[str, Any]) -> LengthSampler:
    """By its mean and coefficient of variation; what lies beyond the bounds is put on them."""
    mean, cv = row["lognormal"]["mean"], row["lognormal"]["cv"]
    least, most = row.get("least", 1), row.get("most", math.inf)
    variance = math.log1p(cv**2)
    place, spread = math.log(mean) - variance / 2, math.sqrt(variance)
    return lambda chance: int(min(most, max(least, round(chance.lognormvariate(place, spread)))))


def _read_lengths(file: Path) -> tuple[int, ...]:
    try:
        known = tuple(int(line) for line in file.read_text(encoding="utf-8").split())
    except OSError as error:
        raise ConfigError(str(file), f"it cannot be read ({error.strerror})", "name a file of lengths") from None
    except ValueError as error:
        raise ConfigError(str(file), f"it holds no length ({error})", "write one whole number a line") from None
    if not known or min(known) < 1:
        raise ConfigError(str(file), "it holds no length, or one below 1", "write one whole number a line")
    return known
