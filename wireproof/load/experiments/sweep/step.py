"""One step of a sweep: what a load run at one rate, or with so many users, says of the objectives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.load.results.timeline import outcomes_from_counts
from wireproof.stats import wilson_interval

# An interval holds in all but this share of steps.
INTERVAL_ERROR = 0.05
# An open loop whose answers come slower than this share of its starts builds up a queue without end.
MIN_KEPT_UP_SHARE = 0.9
MEETS, FAILS, UNDECIDED = "meets", "fails", "undecided"


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one load.

    Attributes:
        load: starts a second, or users.
        asked: requests that ended, those that were left by plan excepted, and starts that were missed.
        good: those that are ok and meet every objective.
        ok_s: requests a second that are ok, of those that ended in the second half of the run.
        behind: an open loop did not keep up with its starts.
        doubts: why the figures are not to be believed; the generator's fault, not the endpoint's.
        figures: percentiles in milliseconds, by metric.
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
        """Whether so large a share is good, as far as this many requests can tell."""
        low, high = self.interval
        if self.behind or high < wanted:
            return FAILS
        # With every request good, more of them would only narrow the interval.
        return MEETS if low >= wanted or self.good == self.asked > 0 else UNDECIDED

    def with_more(self, other: Step) -> Step:
        """This step and one more of the same load, as one."""
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


def step_from_summary(found: Mapping[str, Any], load: float, *, open_loop: bool) -> Step:
    """The step that the summary of a load run tells."""
    whole, missed = found["all"], found["schedule"]["missed"]
    ended = sum(number for outcome, number in whole["outcomes"].items() if outcome != "left")
    every, ok_s = _settled_rates(found)
    kept_up = not open_loop or (
        every >= MIN_KEPT_UP_SHARE * load and missed <= (1 - MIN_KEPT_UP_SHARE) * (ended + missed)
    )
    return Step(
        load,
        ended + missed,
        whole["good"],
        ok_s,
        not kept_up,
        tuple(found["doubts"]),
        {metric: {of: row[of] for of in ("p50", "p95", "p99")} for metric, row in whole["metrics"].items()},
    )


def _settled_rates(found: Mapping[str, Any]) -> tuple[float, float]:
    """Requests a second that ended, and that were ok, in the second half of the time in which requests started.

    By then answers come as fast as they are going to; a queue that has built up empties only after that time.
    """
    timeline, total_s = found["timeline"], found["load"]["total_s"]
    width, last = timeline["width_s"], int((total_s or 0.0) / timeline["width_s"])
    first = last // 2
    ended: Counter[str] = Counter()
    for one in timeline["slices"]:
        if first <= one["place"] < last:
            ended += outcomes_from_counts(one["counts"])
    seconds = (last - first) * width
    return (ended.total() / seconds, ended["ok"] / seconds) if seconds else (0.0, 0.0)
