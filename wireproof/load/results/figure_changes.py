"""How the figures of one load run moved to another, told apart from noise.

Each run is cut into stretches of time, and a figure is taken of each: how it varies from one to the next within a run
is the noise against which the two runs are held. All intervals together are wrong once in twenty comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from wireproof.load.results import timeline
from wireproof.load.scenario.measurement_window import WINDOW
from wireproof.load.scenario.thresholds import FAULTLESS_OUTCOMES
from wireproof.stats import median_ratio, merge_counts, quantile, share_difference

COMPARISON_CONFIDENCE = 0.95
# As many stretches as this where each has values enough, and never fewer than so many.
MAX_STRETCHES, MIN_STRETCHES = 24, 6
COMPARED_TIME_METRICS = ("TTFT ms", "TTFOT ms", "gap ms", "TPOT ms", "e2e ms")
COMPARED_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
COMPARED_SPEED_METRICS = ("tok/s",)
SAME, BETTER, WORSE, UNKNOWN = "same", "better", "worse", "unknown"

SummarySlices = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """How one figure moved: as a ratio, 1 being no change; a share as a difference, 0 being none.

    Attributes:
        low, high: its interval; None where there is too little to tell.
        moved: worse or better where the interval leaves the tolerance out, same, or unknown.
    """

    figure: str
    before: float
    after: float
    by: str
    shift: float
    low: float | None
    high: float | None
    moved: str

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def find_figure_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], tolerance: float
) -> tuple[FigureChange, ...]:
    """Every figure that both summaries have."""
    series = [*_common_series(before, after)]
    shares = [*_common_shares(before, after)]
    error = (1 - COMPARISON_CONFIDENCE) / max(1, len(series) + len(shares))
    found = [_change_of_series(*one, error=error, tolerance=tolerance) for one in series]
    told = {one.figure for one in found}
    untold = [one for one in _changes_without_interval(before, after) if one.figure not in told]
    return (*found, *untold, *(_change_of_share(*one, error=error) for one in shares))


def _common_series(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, int]]:
    """Figure, its values in either run, and 1 where more of it is worse, -1 where less is."""
    for kind in (*COMPARED_TIME_METRICS, *COMPARED_SPEED_METRICS):
        for of, share in COMPARED_QUANTILES.items() if kind in COMPARED_TIME_METRICS else (("p50", 0.5),):
            was, now = (_quantile_by_stretch(run["timeline"]["slices"], kind, share) for run in (before, after))
            # Nothing is a ratio of nothing.
            if was and now and all(was) and all(now):
                yield f"{kind} {of}", was, now, -1 if kind in COMPARED_SPEED_METRICS else 1
    for figure in ("ok_s", "tokens_s"):
        was, now = (_rate_by_stretch(run, figure) for run in (before, after))
        if was and now and all(was) and all(now):
            yield figure, was, now, -1


def _changes_without_interval(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FigureChange]:
    """Medians that both runs have, however few the stretches of time are that could say what they are worth."""
    for kind in COMPARED_TIME_METRICS:
        was, now = (run["all"]["metrics"].get(kind, {}).get("p50") for run in (before, after))
        if was and now:
            yield FigureChange(f"{kind} p50", was, now, "ratio", now / was, None, None, UNKNOWN)


def _quantile_by_stretch(slices: SummarySlices, kind: str, share: float) -> list[float]:
    """The percentile of as many stretches as have values enough; empty where not even a few have."""
    each = [timeline.values_of_metric(one, kind) for one in slices]
    for number in range(min(MAX_STRETCHES, len(each)), MIN_STRETCHES - 1, -1):
        found = [quantile(merge_counts(each[start:end]), share) for start, end in _stretches(len(each), number)]
        if None not in found:
            return [value for value in found if value is not None]
    return []


def _rate_by_stretch(run: Mapping[str, Any], figure: str) -> list[float]:
    """Ends a second of each stretch; the first and the last slice are no whole ones."""
    numbers = [_count_for_figure(one["counts"], figure) for one in run["timeline"]["slices"][1:-1]]
    count = min(MAX_STRETCHES, len(numbers))
    if count < MIN_STRETCHES:
        return []
    width_s = run["timeline"]["width_s"]
    return [sum(numbers[start:end]) / ((end - start) * width_s) for start, end in _stretches(len(numbers), count)]


def _count_for_figure(counts: Mapping[str, int], figure: str) -> int:
    if figure == "tokens_s":
        return counts.get("tokens", 0)
    return timeline.outcomes_from_counts(counts, WINDOW)["ok"]


def _stretches(length: int, number: int) -> Iterator[tuple[int, int]]:
    """A length cut into so many parts, as even as they can be."""
    return ((length * place // number, length * (place + 1) // number) for place in range(number))


def _change_of_series(
    figure: str, was: list[float], now: list[float], worse: int, *, error: float, tolerance: float
) -> FigureChange:
    moved, interval = median_ratio(was, now, error)
    before, after = median(was), median(now)
    if interval is None:
        return FigureChange(figure, before, after, "ratio", moved, None, None, UNKNOWN)
    low, high = interval
    # Below one as much as above: half as fast and twice as fast are the same distance.
    side = (low > 1 + tolerance) - (high < 1 / (1 + tolerance))
    return FigureChange(
        figure, before, after, "ratio", moved, low, high, {worse: WORSE, -worse: BETTER}.get(side, SAME)
    )


def _common_shares(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, int]]:
    """Figure, (part, whole) in either run, and 1 where more of it is worse, -1 where less is."""
    was, now = (_errors_and_total(run["all"]["outcomes"]) for run in (before, after))
    if was[1] and now[1]:
        yield "error_rate", was, now, 1
        if before["objectives"]:
            yield "goodput_rate", (before["all"]["good"], was[1]), (after["all"]["good"], now[1]), -1
    judged, rejudged = ((run.get("conformance") or {"judged": 0}) for run in (before, after))
    if judged["judged"] and rejudged["judged"]:
        then, since = ((one["conformant"], one["judged"]) for one in (judged, rejudged))
        yield "conformance", then, since, -1


def _errors_and_total(outcomes: Mapping[str, int]) -> tuple[int, int]:
    whole = sum(outcomes.values()) - outcomes.get("left", 0)
    return whole + outcomes.get("left", 0) - sum(outcomes.get(one, 0) for one in FAULTLESS_OUTCOMES), whole


def _change_of_share(
    figure: str, was: tuple[int, int], now: tuple[int, int], worse: int, *, error: float
) -> FigureChange:
    moved, (low, high) = share_difference(was, now, error)
    side = (low > 0) - (high < 0)
    word = {worse: WORSE, -worse: BETTER}.get(side, SAME)
    return FigureChange(figure, was[0] / was[1], now[0] / now[1], "difference", moved, low, high, word)
