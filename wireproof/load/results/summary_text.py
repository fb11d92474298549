"""The result of a run for a reader, with the definitions of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.load.results import error_bar, throttling
from wireproof.load.results.summary import SUMMARY_PERCENTILES
from wireproof.load.scenario import thresholds


def summary_to_text(found: Mapping[str, Any]) -> str:
    """The lines of the result, the definitions last."""
    return "\n".join(_summary_lines(found))


def _summary_lines(found: Mapping[str, Any]) -> Iterator[str]:
    names = " ".join(scenario["name"] for scenario in found["scenarios"])
    yield f"wireproof load {names}: {found['provider']}, {_loop_text(found)}, {found['users']} users, seed {found['seed']}"
    yield f"{found['window_s']:.1f} s against {', '.join(found['hosts'])}"
    if found["load"]["kind"] != "closed":
        yield f"{found['schedule']['due']} starts were due, {found['schedule']['missed']} missed"
    elif found["jitter_s"]:
        yield f"each user began at a moment of its own within {found['jitter_s']:g} s"
    for part, outcomes in found["outside"].items():
        if outcomes:
            yield f"{part}, not in the figures: " + ", ".join(f"{number} {one}" for one, number in outcomes.items())
    for name, one in found["requests"].items():
        yield ""
        yield from _request_lines(name, one)
    if held_off := throttling.throttling_sentence(found["limiter"]):
        yield ""
        yield f"limiter: {held_off}"
    yield ""
    yield "generator"
    yield from _metric_table(found["generator"])
    if found["stopped_by_ceiling"]:
        yield "The run ended at its ceiling."
    for one in found.get("thresholds", ()):
        word = {True: "holds", False: "BROKEN", None: "not to be told"}[one["holds"]]
        yield f"threshold {one['expression']}: {word} ({thresholds.measured_text(one)})"
    yield from _conformance_lines(found["conformance"])
    for doubt in found["doubts"]:
        yield f"INVALID: {doubt}"
    yield f"error bar: {error_bar.error_bar_sentence(found.get('error_bar'))}"
    yield ""
    yield found["definitions"]


def _loop_text(found: Mapping[str, Any]) -> str:
    load = found["load"]
    if load["kind"] == "trace":
        return f"trace {load['trace']} at {load['speed']:g} times its speed"
    steps = ", ".join(map(_stage_text, load["stages"]))
    if load["kind"] == "closed":
        return f"closed loop{f' of {steps} users' if steps else ''}"
    return f"open loop, {found['arrivals']} {steps}/s"


def _stage_text(stage: Mapping[str, Any]) -> str:
    """One stage in words, as short as it can be."""
    course = f"{stage['first']:g}" + (f" to {stage['last']:g}" if stage["first"] != stage["last"] else "")
    burst = f"{stage['burst']} at once" if stage["burst"] else ""
    if not stage["seconds"] and stage["seconds"] is not None:
        return burst
    burst = f"{burst}, then " if burst else ""
    return burst + course + (f" for {stage['seconds']:g} s" if stage["seconds"] is not None else "")


def _request_lines(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in one["outcomes"].items())
    tokens = ", ".join(f"{number} {by}" for by, number in one["tokens"].items())
    yield f"{name}: {outcomes}; {one['requests_s']:.1f} requests/s, goodput {one['goodput_s']:.1f}/s"
    yield f"  tokens: {tokens}; {one['tokens_s']:.1f} tokens/s in all; received {one['received_bytes']} bytes"
    yield from _metric_table(one["metrics"])
    for outcome, kept in one.get("samples", {}).items():
        yield from (f"  {outcome}: {detail}" for detail in kept)


def _conformance_lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield "conformance: not judged"
        return
    yield f"conformance: {found['conformant']} of {found['judged']} answers ({found['share']:.2%})"
    if found["conformant"] < found["judged"]:
        for row in found["by_concurrency"]:
            yield f"  with {row['under_way']} under way: {row['conformant']} of {row['judged']} ({row['share']:.2%})"
    for one in found["broken"]:
        yield f"  {one['name']}: {one['check']} ({one['level']}) in {one['answers']} answers"


def _metric_table(metrics: Mapping[str, Any]) -> Iterator[str]:
    columns = ("mean", *SUMMARY_PERCENTILES, "max")
    if metrics:
        yield f"  {'':<18}{'n':>9}" + "".join(f"{column:>10}" for column in columns)
    for kind, row in metrics.items():
        yield f"  {kind:<18}{row['n']:>9}" + "".join(f"{_number_cell(row.get(column)):>10}" for column in columns)


def _number_cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
