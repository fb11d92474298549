"""The summary of a run as text, with the definitions of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.load.results import error_bar, throttling
from wireproof.load.results.summary import SUMMARY_PERCENTILES
from wireproof.load.scenario import thresholds


def summary_to_text(summary: Mapping[str, Any]) -> str:
    """Returns the text of a summary, the definitions last."""
    return "\n".join(_summary_lines(summary))


def _summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    names = " ".join(scenario["name"] for scenario in summary["scenarios"])
    load = f"{_loop_text(summary)}, {summary['users']} users, seed {summary['seed']}"
    provider = ", ".join(filter(None, [summary.get("name"), summary["provider"]]))
    yield f"wireproof load {names}: {provider}, {load}"
    yield f"{summary['window_s']:.1f} s against {', '.join(summary['hosts'])}"
    if summary["load"]["kind"] != "closed":
        yield f"{summary['schedule']['due']} starts were scheduled, {summary['schedule']['missed']} missed"
    elif summary["jitter_s"]:
        yield f"users started at random moments within {summary['jitter_s']:g} s"
    for part, outcomes in summary["outside"].items():
        if outcomes:
            counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
            yield f"{part}, not in the figures: {counts}"
    for name, figures in summary["requests"].items():
        yield ""
        yield from _request_lines(name, figures)
    if held_off := throttling.throttling_sentence(summary["limiter"]):
        yield ""
        yield f"limiter: {held_off}"
    yield ""
    yield "generator"
    yield from _metric_table(summary["generator"])
    if summary["stopped_by_ceiling"]:
        yield "The run was stopped by a ceiling."
    for threshold in summary.get("thresholds", ()):
        yield f"threshold {threshold['expression']}: {_threshold_text(threshold)}"
    yield from _conformance_lines(summary["conformance"])
    if thresholds.breaks_promises(summary):
        yield "  exit code 1, since answers break a must; --threshold 'conformance >= 95%' allows a share of them"
    for doubt in summary["doubts"]:
        yield f"INVALID: {doubt}"
    yield f"error bar: {error_bar.error_bar_sentence(summary.get('error_bar'))}"
    yield ""
    yield summary["definitions"]


def _threshold_text(threshold: Mapping[str, Any]) -> str:
    if threshold["holds"] is None:
        return "undecided (too few samples)"
    return f"{'holds' if threshold['holds'] else 'BROKEN'} ({thresholds.measured_text(threshold)})"


def _loop_text(summary: Mapping[str, Any]) -> str:
    load = summary["load"]
    if load["kind"] == "trace":
        return f"trace {load['trace']} at {load['speed']:g} times its speed"
    steps = ", ".join(map(_stage_text, load["stages"]))
    if load["kind"] == "closed":
        return f"closed loop{f' of {steps} users' if steps else ''}"
    return f"open loop, {summary['arrivals']} {steps}/s"


def _stage_text(stage: Mapping[str, Any]) -> str:
    """One stage of the load in short form, as `2 to 20 for 60 s`."""
    level = f"{stage['first']:g}" + (f" to {stage['last']:g}" if stage["first"] != stage["last"] else "")
    burst = f"{stage['burst']} at once" if stage["burst"] else ""
    if not stage["seconds"] and stage["seconds"] is not None:
        return burst
    burst = f"{burst}, then " if burst else ""
    return burst + level + (f" for {stage['seconds']:g} s" if stage["seconds"] is not None else "")


def _request_lines(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in figures["outcomes"].items())
    tokens = ", ".join(f"{number} {source}" for source, number in figures["tokens"].items())
    yield f"{name}: {outcomes}; {figures['requests_s']:.1f} requests/s, goodput {figures['goodput_s']:.1f}/s"
    yield f"  tokens: {tokens}; {figures['tokens_s']:.1f} tokens/s in all; received {figures['received_bytes']} bytes"
    yield from _metric_table(figures["metrics"])
    for outcome, details in figures.get("samples", {}).items():
        yield from (f"  {outcome}: {detail}" for detail in details)


def _conformance_lines(conformance: Mapping[str, Any] | None) -> Iterator[str]:
    if conformance is None:
        yield "conformance: not judged"
        return
    yield f"conformance: {conformance['conformant']} of {conformance['judged']} answers ({conformance['share']:.2%})"
    if conformance["conformant"] < conformance["judged"]:
        for row in conformance["by_concurrency"]:
            yield f"  with {row['under_way']} under way: {row['conformant']} of {row['judged']} ({row['share']:.2%})"
    for broken in conformance["broken"]:
        yield f"  {broken['name']}: {broken['check']} ({broken['level']}) in {broken['answers']} answers"


def _metric_table(metrics: Mapping[str, Any]) -> Iterator[str]:
    columns = ("mean", *SUMMARY_PERCENTILES, "max")
    if metrics:
        yield f"  {'':<18}{'n':>9}" + "".join(f"{column:>10}" for column in columns)
    for kind, row in metrics.items():
        yield f"  {kind:<18}{row['n']:>9}" + "".join(f"{_number_cell(row.get(column)):>10}" for column in columns)


def _number_cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
