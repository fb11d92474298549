"""Thresholds: what a run must keep to, as expressions over its figures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.errors import ConfigError

EXPRESSION = re.compile(
    r"(?P<figure>[a-z][a-z0-9_.]*)(?:\[(?P<name>[^\]]+)\])?\s*"
    r"(?P<sign><=|>=|==?|!=|<|>)\s*(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>%|ms|s|/s)?"
)
SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
TIMES = {
    "ttft": "TTFT ms",
    "ttfot": "TTFOT ms",
    "gap": "gap ms",
    "tpot": "TPOT ms",
    "e2e": "e2e ms",
    "headers": "headers ms",
    "ttft_from_due": "TTFT from due ms",
    "e2e_from_due": "e2e from due ms",
}
SPEEDS = {"tok_s": "tok/s"}
OF = ("p50", "p90", "p95", "p99", "p99.9", "mean", "min", "max")
# Which units a figure may have, and what one of them is in the unit of the summary.
UNITS: Mapping[str, Mapping[str | None, float]] = {
    "time": {"ms": 1.0, "s": 1000.0},
    "speed": {None: 1.0, "/s": 1.0},
    "share": {"%": 0.01},
    "count": {None: 1.0},
}
RATES = ("requests_s", "ok_s", "goodput_s", "tokens_s")
SHARES = ("error_rate", "throttled_rate", "left_rate", "goodput_rate", "missed_rate", "conformance")
COUNTS = ("requests", "errors", "missed")
NO_FAULT = ("ok", "left")


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
        value = _value(self.figure, self.name, found)
        holds = None if value is None else SIGNS[self.sign](value, self.limit)
        return {"expression": self.text, "value": value, "limit": self.limit, "holds": holds}


def read(text: str) -> Threshold:
    """`ttft_p95 < 300ms` read; ConfigError says what there is instead."""
    told = EXPRESSION.fullmatch(text.strip())
    if told is None:
        remedy = "write FIGURE < NUMBER UNIT, as in `ttft_p95 < 300ms` or `error_rate < 1%`"
        raise ConfigError(f"--threshold {text!r}", "it does not read", remedy)
    figure, unit = told["figure"], told["unit"]
    units = UNITS[_kind(figure, text)]
    if unit not in units:
        names = " or ".join(one or "no unit" for one in units)
        raise ConfigError(f"--threshold {text!r}", f"{figure} is measured otherwise", f"write it with {names}")
    # A per cent as it is written, so that `= 100%` is met by the whole and by nothing less.
    limit = float(told["limit"]) / 100 if unit == "%" else float(told["limit"]) * units[unit]
    return Threshold(text.strip(), figure, told["name"], told["sign"], limit)


def judged(expressions: Iterable[str], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each expression with what the summary says to it."""
    return [read(text).judge(found) for text in expressions]


def measured(one: Mapping[str, Any]) -> str:
    """What was measured, in the unit of its threshold; shares unrounded enough to tell 100 % from nearly."""
    value, told = one["value"], EXPRESSION.fullmatch(one["expression"])
    if value is None or told is None:
        return "too few values"
    unit = told["unit"]
    return f"{100 * value:.6g}%" if unit == "%" else f"{value:.4g} ms" if unit in UNITS["time"] else f"{value:.6g}"


def _kind(figure: str, text: str) -> str:
    if figure in SHARES:
        return "share"
    if figure in RATES:
        return "speed"
    if figure in COUNTS:
        return "count"
    metric, _, of = figure.rpartition("_")
    if of in OF and metric in TIMES:
        return "time"
    if of in OF and metric in SPEEDS:
        return "speed"
    known = f"METRIC_{'|'.join(OF)} with METRIC of {', '.join((*TIMES, *SPEEDS))}; {', '.join(SHARES + RATES + COUNTS)}"
    raise ConfigError(f"--threshold {text!r}", f"there is no figure {figure}", f"write one of: {known}")


def _value(figure: str, name: str | None, found: Mapping[str, Any]) -> float | None:
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
    if figure in RATES:
        return float(one[figure])
    if figure in SHARES or figure in COUNTS:
        return _share(figure, one)
    metric, _, of = figure.rpartition("_")
    value: float | None = one["metrics"].get((TIMES | SPEEDS)[metric], {}).get(of)
    return value


def _share(figure: str, one: Mapping[str, Any]) -> float | None:
    outcomes = one["outcomes"]
    ended = sum(outcomes.values())
    if figure == "requests":
        return float(ended)
    errors = ended - sum(outcomes.get(outcome, 0) for outcome in NO_FAULT)
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
