"""The thresholds of a run: expressions over its figures that decide its exit code."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

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
    "itl": "ITL ms",
    "tpot": "TPOT ms",
    "e2e": "e2e ms",
    "headers": "headers ms",
    "ttft_from_due": "TTFT from due ms",
    "e2e_from_due": "e2e from due ms",
}
SPEED_METRICS = {"tok_s": "tok/s"}
FIGURE_SUFFIXES = ("p50", "p90", "p95", "p99", "p99.9", "mean", "min", "max")
# The units that a figure may have, and their factors to the unit of the summary.
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
    """One parsed expression.

    Attributes:
        figure: the name of the figure, such as `ttft_p95`.
        name: the request whose figure it is; None for all requests.
        sign: a key of COMPARISONS.
        limit: the limit in the unit of the summary: milliseconds, shares of 1, numbers.
    """

    text: str
    figure: str
    name: str | None
    sign: str
    limit: float

    def judge(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Compares the figure of a summary with the limit; `holds` is None if too few values decide."""
        value = _figure_value(self.figure, self.name, summary)
        holds = None if value is None else COMPARISONS[self.sign](value, self.limit)
        return {"expression": self.text, "value": value, "limit": self.limit, "holds": holds}


def parse_threshold(text: str) -> Threshold:
    """Parses an expression such as `ttft_p95 < 300ms`; raises ConfigError that lists the possible ones."""
    match = THRESHOLD_EXPRESSION.fullmatch(text.strip())
    if match is None:
        remedy = "write FIGURE < NUMBER UNIT, as in `ttft_p95 < 300ms` or `error_rate < 1%`"
        raise ConfigError(f"--threshold {text!r}", "it cannot be parsed", remedy)
    figure, unit = match["figure"], match["unit"]
    units = UNIT_FACTORS[_figure_kind(figure, text)]
    if unit not in units:
        names = " or ".join(unit or "no unit" for unit in units)
        raise ConfigError(f"--threshold {text!r}", f"{figure} has another unit", f"write it with {names}")
    # Division keeps 100 % exactly 1, so that `= 100%` holds for the whole alone.
    limit = float(match["limit"]) / 100 if unit == "%" else float(match["limit"]) * units[unit]
    return Threshold(text.strip(), figure, match["name"], match["sign"], limit)


def judge_thresholds(expressions: Iterable[str], summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compares each expression with a summary."""
    return [parse_threshold(text).judge(summary) for text in expressions]


def breaks_promises(summary: Mapping[str, Any]) -> bool:
    """True if an answer broke a must, and no threshold allows a share of such answers."""
    conformance = summary["conformance"]
    if conformance is None or any(_is_about_conformance(row["expression"]) for row in summary["thresholds"]):
        return False
    return bool(conformance["conformant"] < conformance["judged"])


def _is_about_conformance(expression: str) -> bool:
    match = THRESHOLD_EXPRESSION.fullmatch(expression.strip())
    return match is not None and match["figure"] == "conformance"


def measured_text(row: Mapping[str, Any]) -> str:
    """The measured value in the unit of its threshold; shares with enough digits to tell 100 % from nearly 100 %."""
    value, match = row["value"], THRESHOLD_EXPRESSION.fullmatch(row["expression"])
    if value is None or match is None:
        return "too few values"
    unit = match["unit"]
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
    metric, _, suffix = figure.rpartition("_")
    if suffix in FIGURE_SUFFIXES and metric in TIME_METRICS:
        return "time"
    if suffix in FIGURE_SUFFIXES and metric in SPEED_METRICS:
        return "speed"
    metrics, others = (
        ", ".join((*TIME_METRICS, *SPEED_METRICS)),
        ", ".join(SHARE_FIGURES + RATE_FIGURES + COUNT_FIGURES),
    )
    choices = f"METRIC_{'|'.join(FIGURE_SUFFIXES)} with METRIC of {metrics}; {others}"
    known = [f"{name}_{end}" for name in (*TIME_METRICS, *SPEED_METRICS) for end in FIGURE_SUFFIXES]
    near = did_you_mean(figure, [*known, *SHARE_FIGURES, *RATE_FIGURES, *COUNT_FIGURES])
    remedy = f"{near} write one of: {choices}" if near else f"write one of: {choices}"
    raise ConfigError(f"--threshold {text!r}", f"there is no figure {figure}", remedy)


def _figure_value(figure: str, name: str | None, summary: Mapping[str, Any]) -> float | None:
    """The figure of a summary; None if the summary lacks it or has too few values."""
    if figure == "conformance":
        share: float | None = (summary.get("conformance") or {}).get("share")
        return share
    if figure.startswith("missed"):
        due, missed = summary["schedule"]["due"], summary["schedule"]["missed"]
        return float(missed) if figure == "missed" else (missed / due if due else None)
    row = summary["all"] if name is None else summary["requests"].get(name)
    if row is None:
        return None
    if figure in RATE_FIGURES:
        return float(row[figure])
    if figure in SHARE_FIGURES or figure in COUNT_FIGURES:
        return _share_or_count(figure, row)
    metric, _, suffix = figure.rpartition("_")
    value: float | None = row["metrics"].get((TIME_METRICS | SPEED_METRICS)[metric], {}).get(suffix)
    return value


def _share_or_count(figure: str, row: Mapping[str, Any]) -> float | None:
    outcomes = row["outcomes"]
    ended = sum(outcomes.values())
    if figure == "requests":
        return float(ended)
    errors = ended - sum(outcomes.get(outcome, 0) for outcome in FAULTLESS_OUTCOMES)
    if figure == "errors":
        return float(errors)
    not_left = ended - outcomes.get("left", 0)
    whole = ended if figure == "left_rate" else not_left
    parts = {
        "error_rate": errors,
        "throttled_rate": outcomes.get("throttled", 0),
        "left_rate": outcomes.get("left", 0),
        "goodput_rate": row["good"],
    }
    return parts[figure] / whole if whole else None
