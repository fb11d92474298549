"""Changes of figures between two load runs, separated from noise.

Each run is cut into stretches of time, and a figure is computed for each stretch. Its variation within a run is the
noise against which the two runs are compared. All intervals together hold in 95 % of comparisons.
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
# Stretches per run: the most, and the fewest for which an interval is computed.
MAX_STRETCHES, MIN_STRETCHES = 24, 6
COMPARED_TIME_METRICS = ("TTFT ms", "TTFOT ms", "ITL ms", "TPOT ms", "e2e ms")
COMPARED_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
COMPARED_SPEED_METRICS = ("tok/s",)
SAME, BETTER, WORSE, UNKNOWN = "same", "better", "worse", "unknown"

SummarySlices = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """The change of one figure.

    Attributes:
        before, after: the figure in each run.
        by: `ratio` (after / before; 1 is no change) or, for shares, `difference` (0 is no change).
        shift: the estimated change, as a ratio or a difference.
        low, high: the interval of `shift`; None with too few values.
        moved: `worse` or `better` if the interval lies outside the tolerance, else `same`; `unknown` without interval.
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
    """Compares every figure that both summaries have."""
    all_series = [*_common_series(before, after)]
    shares = [*_common_shares(before, after)]
    # Bonferroni: the error is divided among all intervals.
    error = (1 - COMPARISON_CONFIDENCE) / max(1, len(all_series) + len(shares))
    changes = [_change_of_series(*series, error=error, tolerance=tolerance) for series in all_series]
    compared = {change.figure for change in changes}
    others = [change for change in _changes_without_interval(before, after) if change.figure not in compared]
    return (*changes, *others, *(_change_of_share(*share, error=error) for share in shares))


def _common_series(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, int]]:
    """Yields the figure, its values in each run, and 1 if a larger value is worse, -1 if a smaller one is."""
    for kind in (*COMPARED_TIME_METRICS, *COMPARED_SPEED_METRICS):
        for name, share in COMPARED_QUANTILES.items() if kind in COMPARED_TIME_METRICS else (("p50", 0.5),):
            was, now = (_quantile_by_stretch(run["timeline"]["slices"], kind, share) for run in (before, after))
            # A ratio needs values other than 0.
            if was and now and all(was) and all(now):
                yield f"{kind} {name}", was, now, -1 if kind in COMPARED_SPEED_METRICS else 1
    for figure in ("ok_s", "tokens_s"):
        was, now = (_rate_by_stretch(run, figure) for run in (before, after))
        if was and now and all(was) and all(now):
            yield figure, was, now, -1


def _changes_without_interval(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FigureChange]:
    """Changes of the medians that both runs have, for runs too short for an interval."""
    for kind in COMPARED_TIME_METRICS:
        was, now = (run["all"]["metrics"].get(kind, {}).get("p50") for run in (before, after))
        if was and now:
            yield FigureChange(f"{kind} p50", was, now, "ratio", now / was, None, None, UNKNOWN)


def _quantile_by_stretch(slices: SummarySlices, kind: str, share: float) -> list[float]:
    """The percentile in each stretch, with the most stretches that all have enough values; empty if there are none."""
    slice_values = [timeline.values_of_metric(one, kind) for one in slices]
    total = len(slice_values)
    for number in range(min(MAX_STRETCHES, total), MIN_STRETCHES - 1, -1):
        values = [quantile(merge_counts(slice_values[start:end]), share) for start, end in _stretches(total, number)]
        if None not in values:
            return [value for value in values if value is not None]
    return []


def _rate_by_stretch(run: Mapping[str, Any], figure: str) -> list[float]:
    """Finished requests, or tokens, per second in each stretch, without the partial first and last slice."""
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
    """Bounds of `number` stretches of nearly equal size."""
    return ((length * place // number, length * (place + 1) // number) for place in range(number))


def _change_of_series(
    figure: str, was: list[float], now: list[float], worse: int, *, error: float, tolerance: float
) -> FigureChange:
    moved, interval = median_ratio(was, now, error)
    before, after = median(was), median(now)
    if interval is None:
        return FigureChange(figure, before, after, "ratio", moved, None, None, UNKNOWN)
    low, high = interval
    # Symmetric for ratios: half as fast and twice as fast are equally far from 1.
    direction = (low > 1 + tolerance) - (high < 1 / (1 + tolerance))
    word = {worse: WORSE, -worse: BETTER}.get(direction, SAME)
    return FigureChange(figure, before, after, "ratio", moved, low, high, word)


def _common_shares(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any, int]]:
    """Yields the figure, (part, whole) in each run, and 1 if a larger share is worse, -1 if a smaller one is."""
    was, now = (_errors_and_total(run["all"]["outcomes"]) for run in (before, after))
    if was[1] and now[1]:
        yield "error_rate", was, now, 1
        if before["objectives"]:
            yield "goodput_rate", (before["all"]["good"], was[1]), (after["all"]["good"], now[1]), -1
    judged, rejudged = ((run.get("conformance") or {"judged": 0}) for run in (before, after))
    if judged["judged"] and rejudged["judged"]:
        was, now = ((run["conformant"], run["judged"]) for run in (judged, rejudged))
        yield "conformance", was, now, -1


def _errors_and_total(outcomes: Mapping[str, int]) -> tuple[int, int]:
    """Errors, and requests without those that the client left."""
    ended = sum(outcomes.values())
    errors = ended - sum(outcomes.get(outcome, 0) for outcome in FAULTLESS_OUTCOMES)
    return errors, ended - outcomes.get("left", 0)


def _change_of_share(
    figure: str, was: tuple[int, int], now: tuple[int, int], worse: int, *, error: float
) -> FigureChange:
    moved, (low, high) = share_difference(was, now, error)
    direction = (low > 0) - (high < 0)
    word = {worse: WORSE, -worse: BETTER}.get(direction, SAME)
    return FigureChange(figure, was[0] / was[1], now[0] / now[1], "difference", moved, low, high, word)
