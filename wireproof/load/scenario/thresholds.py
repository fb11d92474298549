"""Thresholds: what a run must keep to, as expressions over its figures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.errors import ConfigError

THRESHOLD_EXPRESSION = re.compile(
    r"(?P<figure>[a-z][a-z0-9_.]*)(?:\[(?P<name>[^\]]+)\])?\s*"
    r"(?P<sign><=|>=|==?|!=|<|>)\s*(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>%|ms|s|/s)?"
)
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
TIME_METRICS = {
    "ttft": "TTFT ms",
    "ttfot": "TTFOT ms",
    "gap": "gap ms",
    "tpot": "TPOT ms",
    "e2e": "e2e ms",
    "headers": "headers ms",
    "ttft_from_due": "TTFT from due ms",
    "e2e_from_due": "e2e from due ms",
}
SPEED_METRICS = {"tok_s": "tok/s"}
FIGURE_SUFFIXES = ("p50", "p90", "p95", "p99", "p99.9", "mean", "min", "max")
# Which units a figure may have, and what one of them is in the unit of the summary.
UNIT_FACTORS: Mapping[str, Mapping[str | None, float]] = {
    "time": {"ms": 1.0, "s": 1000.0},
    "speed": {None: 1.0, "/s": 1.0},
    "share": {"%": 0.01},
    "count": {None: 1.0},
}
RATE_FIGURES = ("requests_s", "ok_s", "goodput_s", "tokens_s")
SHARE_FIGURES = ("error_rate", "throttled_rate", "left_rate", "goodput_rate", "missed_rate", "conformance")
COUNT_FIGURES = ("requests", "errors", "missed")
FAULTLESS_OUTCOMES = ("ok", "left")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One expression, read.

    Attributes:
        name: the request whose figure it is; that of all requests where it names none.
        limit: in the unit of the summary: milliseconds, shares of 1, numbers.
    """

    text: str
    figure: str
    name: str | None
    sign: str
    limit: float

    def judge(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Whether a summary keeps to it; `holds` is null where too few values tell."""
        value = _figure_value(self.figure, self.name, found)
        holds = None if value is None else COMPARISONS[self.sign](value, self.limit)
        return {"expression": self.text, "value": value, "limit": self.limit, "holds": holds}


def parse_threshold(text: str) -> Threshold:
    """`ttft_p95 < 300ms` read; ConfigError says what there is instead."""
    told = THRESHOLD_EXPRESSION.fullmatch(text.strip())
    if told is None:
        remedy = "write FIGURE < NUMBER UNIT, as in `ttft_p95 < 300ms` or `error_rate < 1%`"
        raise ConfigError(f"--threshold {text!r}", "it does not read", remedy)
    figure, unit = told["figure"], told["unit"]
    units = UNIT_FACTORS[_figure_kind(figure, text)]
    if unit not in units:
        names = " or ".join(one or "no unit" for one in units)
        raise ConfigError(f"--threshold {text!r}", f"{figure} is measured otherwise", f"write it with {names}")
    # A per cent as it is written, so that `= 100%` is met by the whole and by nothing less.
    limit = float(told["limit"]) / 100 if unit == "%" else float(told["limit"]) * units[unit]
    return Threshold(text.strip(), figure, told["name"], told["sign"], limit)


def judge_thresholds(expressions: Iterable[str], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each expression with what the summary says to it."""
    return [parse_threshold(text).judge(found) for text in expressions]


def measured_text(one: Mapping[str, Any]) -> str:
    """What was measured, in the unit of its threshold; shares unrounded enough to tell 100 % from nearly."""
    value, told = one["value"], THRESHOLD_EXPRESSION.fullmatch(one["expression"])
    if value is None or told is None:
        return "too few values"
    unit = told["unit"]
    return (
        f"{100 * value:.6g}%" if unit == "%" else f"{value:.4g} ms" if unit in UNIT_FACTORS["time"] else f"{value:.6g}"
    )


def _figure_kind(figure: str, text: str) -> str:
    if figure in SHARE_FIGURES:
        return "share"
    if figure in RATE_FIGURES:
        return "speed"
    if figure in COUNT_FIGURES:
        return "count"
    metric, _, of = figure.rpartition("_")
    if of in FIGURE_SUFFIXES and metric in TIME_METRICS:
        return "time"
    if of in FIGURE_SUFFIXES and metric in SPEED_METRICS:
        return "speed"
    known = f"METRIC_{'|'.join(FIGURE_SUFFIXES)} with METRIC of {', '.join((*TIME_METRICS, *SPEED_METRICS))}; {', '.join(SHARE_FIGURES + RATE_FIGURES + COUNT_FIGURES)}"
    raise ConfigError(f"--threshold {text!r}", f"there is no figure {figure}", f"write one of: {known}")


def _figure_value(figure: str, name: str | None, found: Mapping[str, Any]) -> float | None:
    """The figure of a summary; None where it has none, or too few values to tell it."""
    if figure == "conformance":
        share: float | None = (found.get("conformance") or {}).get("share")
        return share
    if figure.startswith("missed"):
        due, missed = found["schedule"]["due"], found["schedule"]["missed"]
        return float(missed) if figure == "missed" else (missed / due if due else None)
    one = found["all"] if name is None else found["requests"].get(name)
    if one is None:
        return None
    if figure in RATE_FIGURES:
        return float(one[figure])
    if figure in SHARE_FIGURES or figure in COUNT_FIGURES:
        return _share_or_count(figure, one)
    metric, _, of = figure.rpartition("_")
    value: float | None = one["metrics"].get((TIME_METRICS | SPEED_METRICS)[metric], {}).get(of)
    return value


def _share_or_count(figure: str, one: Mapping[str, Any]) -> float | None:
    outcomes = one["outcomes"]
    ended = sum(outcomes.values())
    if figure == "requests":
        return float(ended)
    errors = ended - sum(outcomes.get(outcome, 0) for outcome in FAULTLESS_OUTCOMES)
    if figure == "errors":
        return float(errors)
    stayed = ended - outcomes.get("left", 0)
    whole = ended if figure == "left_rate" else stayed
    parts = {
        "error_rate": errors,
        "throttled_rate": outcomes.get("throttled", 0),
        "left_rate": outcomes.get("left", 0),
        "goodput_rate": one["good"],
    }
    return parts[figure] / whole if whole else None
