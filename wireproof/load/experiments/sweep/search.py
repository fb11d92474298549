"""Which load to try next: twice as much until it is too much, then between the highest that was not and the lowest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

from wireproof.load.experiments.sweep.step import FAILS, MEETS, UNDECIDED, Step

# A load that does not decide is tried so often in all.
MAX_TRIES_PER_LOAD = 3
MeasureLoad = Callable[[float], Step]


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """Where a sweep looks, and how closely.

    Attributes:
        wanted: the share of requests that must be good.
        precision: the answer lies between two loads, of which the higher is at most this share more.
        steps: load runs in all.
        whole: loads are whole numbers, of users.
    """

    first: float
    last: float
    wanted: float
    precision: float
    steps: int
    whole: bool


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep found.

    Attributes:
        steps: every load that was tried, in order of load.
        meets, fails: the highest load that meets the objectives, and the lowest above it that does not.
        ended: why the search ended before it was resolved; empty where it is.
    """

    steps: tuple[Step, ...]
    meets: float | None
    fails: float | None
    ended: str

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {"meets": self.meets, "fails": self.fails, "resolved": not self.ended, "ended": self.ended}


def find_highest_load(measure: MeasureLoad, limits: SearchBounds) -> SweepResult:
    """Find the highest load at which the objectives are met."""
    tried: dict[float, Step] = {}
    times: Counter[float] = Counter()
    ended = ""
    load: float | None = limits.first
    while load is not None:
        if times.total() == limits.steps:
            ended = f"all {limits.steps} steps are used"
            break
        step = measure(load)
        times[load] += 1
        tried[load] = tried[load].with_more(step) if load in tried else step
        if step.doubts:
            ended = f"at {load:g} the generator was the bottleneck"
            break
        if tried[load].verdict(limits.wanted) == UNDECIDED and times[load] < MAX_TRIES_PER_LOAD:
            continue
        load = _next_load(tried, limits)
    meets, fails = find_bracket(tried.values(), limits.wanted)
    return SweepResult(
        tuple(tried[load] for load in sorted(tried)), meets, fails, ended or _unresolved_reason(tried, limits)
    )


def find_bracket(steps: Iterable[Step], wanted: float) -> tuple[float | None, float | None]:
    """The lowest load that fails, and the highest below it that meets."""
    decided = {step.load: step.verdict(wanted) for step in steps if not step.doubts}
    fails = min((load for load, verdict in decided.items() if verdict == FAILS), default=None)
    held = (load for load, verdict in decided.items() if verdict == MEETS and (fails is None or load < fails))
    return max(held, default=None), fails


def _next_load(tried: dict[float, Step], limits: SearchBounds) -> float | None:
    """The next load to try; None where nothing is left to find."""
    meets, fails = find_bracket(tried.values(), limits.wanted)
    highest = max(tried)
    if fails is None:
        return None if highest >= limits.last else min(limits.last, 2 * highest)
    edges = sorted(load for load in tried if (meets or 0) <= load <= fails)
    if meets is None:
        lowest = min(edges)
        return (
            None if lowest <= limits.first / 16 or (limits.whole and lowest <= 1) else _round_load(lowest / 2, limits)
        )
    gaps = [(high / low, _middle_load(low, high, limits)) for low, high in pairwise(edges)]
    wide = [(ratio, middle) for ratio, middle in gaps if ratio > 1 + limits.precision and middle not in tried]
    return max(wide)[1] if wide else None


def _middle_load(low: float, high: float, limits: SearchBounds) -> float:
    return _round_load(sqrt(low * high), limits)


def _round_load(load: float, limits: SearchBounds) -> float:
    return float(max(1, round(load))) if limits.whole else float(f"{load:.3g}")


def _unresolved_reason(tried: dict[float, Step], limits: SearchBounds) -> str:
    meets, fails = find_bracket(tried.values(), limits.wanted)
    if fails is None:
        return f"nothing up to {max(tried):g} was too much"
    if meets is None:
        return f"even {min(tried):g} was too much"
    if any(step.load > fails and step.verdict(limits.wanted) == MEETS for step in tried.values()):
        return f"{fails:g} was too much, and more was not"
    if fails > meets * (1 + limits.precision) and not (limits.whole and fails - meets <= 1):
        return "what lies between could not be decided"
    return ""
