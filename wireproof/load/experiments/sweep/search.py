"""Search for the highest load: doubles the load until it fails, then bisects between success and failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

from wireproof.load.experiments.sweep.step import FAILS, MEETS, UNDECIDED, Step

# Load runs at one load while its verdict is undecided.
MAX_TRIES_PER_LOAD = 3
MeasureLoad = Callable[[float], Step]


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """Range and precision of a search.

    Attributes:
        first, last: the first load and the highest, in starts per second or users.
        wanted: the share of requests that must be good.
        precision: the lowest failing load may exceed the highest successful one by this share.
        steps: the most load runs.
        whole: loads are whole numbers (users).
    """

    first: float
    last: float
    wanted: float
    precision: float
    steps: int
    whole: bool


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a sweep.

    Attributes:
        steps: every load that was run, in order of load.
        meets, fails: the highest load that meets the objectives, and the lowest above it that fails; None without one.
        ended: reason why the search ended unresolved; empty if it is resolved.
    """

    steps: tuple[Step, ...]
    meets: float | None
    fails: float | None
    ended: str

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {"meets": self.meets, "fails": self.fails, "resolved": not self.ended, "ended": self.ended}


def find_highest_load(measure: MeasureLoad, limits: SearchBounds) -> SweepResult:
    """Finds the highest load that meets the objectives."""
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
    """Returns the highest load that meets the objectives below the lowest that fails, and that one."""
    verdicts = {step.load: step.verdict(wanted) for step in steps if not step.doubts}
    fails = min((load for load, verdict in verdicts.items() if verdict == FAILS), default=None)
    below = (load for load, verdict in verdicts.items() if verdict == MEETS and (fails is None or load < fails))
    return max(below, default=None), fails


def _next_load(tried: dict[float, Step], limits: SearchBounds) -> float | None:
    """The next load to run; None if the search is finished."""
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
        return f"no load up to {max(tried):g} failed"
    if meets is None:
        return f"the lowest load, {min(tried):g}, failed"
    if any(step.load > fails and step.verdict(limits.wanted) == MEETS for step in tried.values()):
        return f"{fails:g} failed, but a higher load met the objectives"
    if fails > meets * (1 + limits.precision) and not (limits.whole and fails - meets <= 1):
        return "the loads in between are undecided"
    return ""
