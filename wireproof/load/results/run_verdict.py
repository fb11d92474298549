"""The verdict on a load run, in one sentence, and the reason why nothing in it succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.load.results.nothing_measured import reason_nothing_measured
from wireproof.load.scenario.thresholds import FAULTLESS_OUTCOMES, breaks_promises, measured_text

PASSED, FAILED, UNDECIDED = "passed", "failed", "undecided"


def reason_nothing_succeeded(summary: Mapping[str, Any]) -> str | None:
    """The reason why no request of a run was ok; None if one was ok or was left as planned."""
    outcomes = {name: number for name, number in summary["all"]["outcomes"].items() if number}
    if any(name in outcomes for name in FAULTLESS_OUTCOMES):
        return None
    total = sum(outcomes.values())
    if not total:
        return reason_nothing_measured(summary)
    most = max(outcomes, key=lambda name: outcomes[name])
    samples = [texts[0] for row in summary["requests"].values() if (texts := row.get("samples", {}).get(most))]
    sample = f": {samples[0]}" if samples else ""
    return f"none of {total:,} requests succeeded: {outcomes[most]:,} {most}{sample}"


def run_verdict(summary: Mapping[str, Any], *, strict: bool = False) -> tuple[str, str]:
    """The verdict and its reasons, as the exit code tells them."""
    if reason := reason_nothing_measured(summary):
        return UNDECIDED, reason
    if strict and not summary["valid"]:
        return UNDECIDED, f"the figures are invalid: {summary['doubts'][0]}"
    if reasons := _failure_reasons(summary):
        return FAILED, "; ".join(reasons)
    open_ones = [row["expression"] for row in summary["thresholds"] if row["holds"] is None]
    if open_ones:
        return UNDECIDED, f"too few samples for {', '.join(open_ones)}"
    return PASSED, "; ".join(_good_news(summary))


def errors_text(summary: Mapping[str, Any]) -> str:
    """The number of requests that were not ok, with their outcomes; empty if all were."""
    outcomes = summary["all"]["outcomes"]
    errors = {name: number for name, number in outcomes.items() if number and name not in FAULTLESS_OUTCOMES}
    if not errors:
        return ""
    kinds = ", ".join(f"{number:,} {name}" for name, number in errors.items())
    return f"{sum(errors.values()):,} of {sum(outcomes.values()):,} requests were not ok ({kinds})"


def _failure_reasons(summary: Mapping[str, Any]) -> list[str]:
    reasons = []
    broken = [row for row in summary["thresholds"] if row["holds"] is False]
    if broken:
        texts = ", ".join(f"{row['expression']} (measured {measured_text(row)})" for row in broken)
        whole = len(summary["thresholds"])
        reasons.append(f"{len(broken)} of {whole} threshold{'s' * (whole > 1)} broken: {texts}")
    if breaks_promises(summary):
        judged, kept = summary["conformance"]["judged"], summary["conformance"]["conformant"]
        reasons.append(f"{judged - kept:,} of {judged:,} answers break a must of the contract")
    if not summary["thresholds"] and (errors := errors_text(summary)):
        reasons.append(errors)
    return reasons


def _good_news(summary: Mapping[str, Any]) -> list[str]:
    errors = errors_text(summary)
    news = [errors or f"all {sum(summary['all']['outcomes'].values()):,} requests are ok"]
    if summary["all"]["outcomes"].get("left"):
        news = [errors or f"{sum(summary['all']['outcomes'].values()):,} requests are ok, or were left as planned"]
    if summary["thresholds"]:
        number = len(summary["thresholds"])
        news.append("the threshold holds" if number == 1 else f"all {number} thresholds hold")
    if summary["conformance"] is not None and not breaks_promises(summary):
        news.append(f"{summary['conformance']['conformant']:,} of {summary['conformance']['judged']:,} answers conform")
    return news
