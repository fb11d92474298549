"""The lengths of prompts and responses in tokens: constant, uniform, lognormal, or drawn from a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from wireproof.errors import ConfigError

LengthSampler = Callable[[Random], int]


def make_length_sampler(row: Any, folder: Path) -> LengthSampler:
    """Makes the sampler that a row of a scenario describes; `folder` holds its file.

    Raises ConfigError if the file cannot be read or holds no lengths.
    """
    if isinstance(row, int):
        return lambda _: row
    if "uniform" in row:
        least, most = row["uniform"]
        return lambda random: random.randint(least, most)
    if "file" in row:
        lengths = _read_lengths(folder / row["file"])
        return lambda random: random.choice(lengths)
    return _lognormal_sampler(row)


def _lognormal_sampler(row: Mapping[str, Any]) -> LengthSampler:
    """The lognormal sampler of a mean and a coefficient of variation; values beyond the bounds are set to them."""
    mean, cv = row["lognormal"]["mean"], row["lognormal"]["cv"]
    least, most = row.get("least", 1), row.get("most", math.inf)
    variance = math.log1p(cv**2)
    center, spread = math.log(mean) - variance / 2, math.sqrt(variance)
    return lambda random: int(min(most, max(least, round(random.lognormvariate(center, spread)))))


def _read_lengths(file: Path) -> tuple[int, ...]:
    try:
        lengths = tuple(int(line) for line in file.read_text(encoding="utf-8").split())
    except OSError as error:
        raise ConfigError(str(file), f"it cannot be read ({error.strerror})", "name a file of lengths") from None
    except ValueError as error:
        raise ConfigError(str(file), f"a line is not a length ({error})", "write one whole number per line") from None
    if not lengths or min(lengths) < 1:
        raise ConfigError(str(file), "it holds no length, or one below 1", "write one whole number per line")
    return lengths
