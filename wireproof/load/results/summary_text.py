"""The summary of a run as text, with the definitions of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.load.results import error_bar, throttling
from wireproof.load.results.summary import SUMMARY_PERCENTILES
from wireproof.load.scenario import thresholds


def summary_to_text(found: Mapping[str, Any]) -> str:
    """Returns the text of a summary, the definitions last."""
    return "\n".join(_summary_lines(found))


def _summary_lines(found: Mapping[str, Any]) -> Iterator[str]:
    names = " ".join(scenario["name"] for scenario in found["scenarios"])
    load = f"{_loop_text(found)}, {found['users']} users, seed {found['seed']}"
    yield f"wireproof load {names}: {found['provider']}, {load}"
    yield f"{found['window_s']:.1f} s against {', '.join(found['hosts'])}"
    if found["load"]["kind"] != "closed":
        yield f"{found['schedule']['due']} starts were scheduled, {found['schedule']['missed']} missed"
    elif found["jitter_s"]:
        yield f"users started at random moments within {found['jitter_s']:g} s"
    for part, outcomes in found["outside"].items():
        if outcomes:
            counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
            yield f"{part}, not in the figures: {counts}"
    for name, figures in found["requests"].items():
        yield ""
        yield from _request_lines(name, figures)
    if held_off := throttling.throttling_sentence(found["limiter"]):
        yield ""
        yield f"limiter: {held_off}"
    yield ""
    yield "generator"
    yield from _metric_table(found["generator"])
    if found["stopped_by_ceiling"]:
        yield "The run was stopped by a ceiling."
    for threshold in found.get("thresholds", ()):
        yield f"threshold {threshold['expression']}: {_threshold_text(threshold)}"
    yield from _conformance_lines(found["conformance"])
    for doubt in found["doubts"]:
        yield f"INVALID: {doubt}"
    yield f"error bar: {error_bar.error_bar_sentence(found.get('error_bar'))}"
    yield ""
    yield found["definitions"]


def _threshold_text(threshold: Mapping[str, Any]) -> str:
    if threshold["holds"] is None:
        return "undecided (too few samples)"
    return f"{'holds' if threshold['holds'] else 'BROKEN'} ({thresholds.measured_text(threshold)})"


def _loop_text(found: Mapping[str, Any]) -> str:
    load = found["load"]
    if load["kind"] == "trace":
        return f"trace {load['trace']} at {load['speed']:g} times its speed"
    steps = ", ".join(map(_stage_text, load["stages"]))
    if load["kind"] == "closed":
        return f"closed loop{f' of {steps} users' if steps else ''}"
    return f"open loop, {found['arrivals']} {steps}/s"


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


def _conformance_lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield "conformance: not judged"
        return
    yield f"conformance: {found['conformant']} of {found['judged']} answers ({found['share']:.2%})"
    if found["conformant"] < found["judged"]:
        for row in found["by_concurrency"]:
            yield f"  with {row['under_way']} under way: {row['conformant']} of {row['judged']} ({row['share']:.2%})"
    for broken in found["broken"]:
        yield f"  {broken['name']}: {broken['check']} ({broken['level']}) in {broken['answers']} answers"


def _metric_table(metrics: Mapping[str, Any]) -> Iterator[str]:
    columns = ("mean", *SUMMARY_PERCENTILES, "max")
    if metrics:
        yield f"  {'':<18}{'n':>9}" + "".join(f"{column:>10}" for column in columns)
    for kind, row in metrics.items():
        yield f"  {kind:<18}{row['n']:>9}" + "".join(f"{_number_cell(row.get(column)):>10}" for column in columns)


def _number_cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
