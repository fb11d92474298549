"""One step of a sweep: the result of one load run, judged by the objectives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.load.results.timeline import outcomes_from_counts
from wireproof.stats import wilson_interval

# The intervals hold with a confidence of 1 minus this.
INTERVAL_ERROR = 0.05
# An open loop in which fewer requests end than this share of the starts builds up an endless queue.
MIN_KEPT_UP_SHARE = 0.9
MEETS, FAILS, UNDECIDED = "meets", "fails", "undecided"


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one load.

    Attributes:
        load: starts per second, or users.
        asked: finished requests, without those left by plan, and missed starts.
        good: requests that are ok and meet every objective.
        ok_s: ok requests per second in the second half of the run.
        behind: an open loop did not keep up with its starts.
        doubts: reasons why the figures are invalid; caused by the load generator, not by the endpoint.
        figures: metric → percentile → milliseconds.
    """

    load: float
    asked: int
    good: int
    ok_s: float
    behind: bool = False
    doubts: tuple[str, ...] = ()
    figures: Mapping[str, Mapping[str, float | None]] | None = None

    @property
    def share(self) -> float:
        """The share of good requests."""
        return self.good / self.asked if self.asked else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of that share."""
        return wilson_interval(self.good, self.asked, INTERVAL_ERROR) if self.asked else (0.0, 1.0)

    def verdict(self, wanted: float) -> str:
        """Decides by the interval if at least the share `wanted` is good."""
        low, high = self.interval
        if self.behind or high < wanted:
            return FAILS
        # If every request is good, more requests would only narrow the interval.
        return MEETS if low >= wanted or self.good == self.asked > 0 else UNDECIDED

    def with_more(self, other: Step) -> Step:
        """Combines this step with another run of the same load."""
        return Step(
            self.load,
            self.asked + other.asked,
            self.good + other.good,
            (self.ok_s + other.ok_s) / 2,
            self.behind or other.behind,
            self.doubts + other.doubts,
            self.figures,
        )

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        low, high = self.interval
        return {
            "load": self.load,
            "asked": self.asked,
            "good": self.good,
            "share": self.share,
            "share_low": low,
            "share_high": high,
            "ok_s": self.ok_s,
            "behind": self.behind,
            "doubts": list(self.doubts),
            "figures": self.figures,
        }


def step_from_summary(summary: Mapping[str, Any], load: float, *, open_loop: bool) -> Step:
    """Builds a step from the summary of a load run."""
    whole, missed = summary["all"], summary["schedule"]["missed"]
    ended = sum(number for outcome, number in whole["outcomes"].items() if outcome != "left")
    ended_s, ok_s = _settled_rates(summary)
    kept_up = not open_loop or (
        ended_s >= MIN_KEPT_UP_SHARE * load and missed <= (1 - MIN_KEPT_UP_SHARE) * (ended + missed)
    )
    return Step(
        load,
        ended + missed,
        whole["good"],
        ok_s,
        not kept_up,
        tuple(summary["doubts"]),
        # A metric without samples has no percentiles.
        {metric: {name: row.get(name) for name in ("p50", "p95", "p99")} for metric, row in whole["metrics"].items()},
    )


def _settled_rates(summary: Mapping[str, Any]) -> tuple[float, float]:
    """Finished and ok requests per second in the second half of the time in which requests were started.

    The rates are stable by then, and a queue that has built up is drained only after that time.
    """
    timeline, total_s = summary["timeline"], summary["load"]["total_s"]
    width, last = timeline["width_s"], int((total_s or 0.0) / timeline["width_s"])
    first = last // 2
    ended: Counter[str] = Counter()
    for row in timeline["slices"]:
        if first <= row["place"] < last:
            ended += outcomes_from_counts(row["counts"])
    seconds = (last - first) * width
    return (ended.total() / seconds, ended["ok"] / seconds) if seconds else (0.0, 0.0)
