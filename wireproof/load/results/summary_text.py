"""The result of a run on a terminal: short, with the verdict last; and the whole of it with all definitions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wireproof.formats.safe_text import printable
from wireproof.load.results import error_bar, throttling
from wireproof.load.results.number_text import number_text
from wireproof.load.results.run_verdict import reason_nothing_succeeded, run_verdict
from wireproof.load.results.summary import SUMMARY_PERCENTILES
from wireproof.load.scenario import thresholds

MAX_LINES, MAX_WIDTH = 40, 80
# The metrics and columns that are shown on a terminal; the files of the run and --definitions have all.
SHORT_METRICS = ("TTFT ms", "ITL ms", "TPOT ms", "e2e ms", "TTFT from due ms", "e2e from due ms")
SHORT_COLUMNS = ("mean", "p50", "p90", "p95", "p99", "max")
ALL_COLUMNS = ("mean", *SUMMARY_PERCENTILES, "max")
# A run of more kinds of requests has a line for each in place of a table for each.
MAX_TABLES = 2
MAX_SHOWN = 4


def short_text(summary: Mapping[str, Any], *, strict: bool = False) -> str:
    """The result in at most 40 lines of 80 columns, the verdict last."""
    verdict, reasons = run_verdict(summary, strict=strict)
    end = _wrapped(f"{verdict.upper()}: {reasons}", "")
    lines = [*_head_lines(summary), *_request_tables(summary), *_closing_lines(summary)]
    room = MAX_LINES - len(end) - 1
    if len(lines) > room:
        lines = [*lines[: room - 1], "  … the rest is in the files of --report-dir, and with --definitions"]
    return "\n".join([*lines, "", *end])


def summary_to_text(summary: Mapping[str, Any], *, strict: bool = False) -> str:
    """The whole result: every metric, every sample, and the definitions."""
    verdict, reasons = run_verdict(summary, strict=strict)
    lines = [*_head_lines(summary)]
    for name, figures in summary["requests"].items():
        lines += ["", *_outcome_lines(name, figures, summary), *_metric_table(figures["metrics"], ALL_COLUMNS)]
        lines += [f"  {what}: {text}" for what, texts in figures.get("samples", {}).items() for text in texts]
    lines += ["", "generator", *_metric_table(summary["generator"], ALL_COLUMNS)]
    lines += [*_closing_lines(summary, shown=None), "", summary["definitions"]]
    return "\n".join([*lines, "", f"{verdict.upper()}: {reasons}"])


def _head_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    names = " ".join(scenario["name"] for scenario in summary["scenarios"])
    provider = ", ".join(filter(None, [summary.get("name"), f"{summary['provider']} contract"]))
    yield from _wrapped(f"wireproof load {names}: {provider}, {', '.join(summary['hosts'])}", "")
    load = f"{loop_text(summary)}, {summary['users']} users, {summary['window_s']:.1f} s, seed {summary['seed']}"
    yield from _wrapped(load, "  ")
    if reason := reason_nothing_succeeded(summary):
        yield from _wrapped(reason.capitalize() if reason[0].islower() else reason, "")
    if summary["load"]["kind"] != "closed":
        yield f"  {summary['schedule']['due']:,} starts were scheduled, {summary['schedule']['missed']:,} missed"
    for part, outcomes in summary["outside"].items():
        if outcomes:
            counts = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.items())
            yield f"  {part}, not in the figures: {counts}"


def loop_text(summary: Mapping[str, Any]) -> str:
    """The load of a run: closed or open loop, with its stages, or a trace."""
    load = summary["load"]
    if load["kind"] == "trace":
        return f"trace {load['trace']} at {load['speed']:g} times its speed"
    if load["kind"] == "closed":
        steps = ", ".join(_stage_text(stage, "users") for stage in load["stages"])
        return f"closed loop of {steps}" if steps else "closed loop"
    return f"open loop, {summary['arrivals']}: " + ", ".join(_stage_text(one, "starts/s") for one in load["stages"])


def _stage_text(stage: Mapping[str, Any], unit: str) -> str:
    """One stage of the load in short form, as `2 to 20 starts/s for 60 s`."""
    level = f"{stage['first']:g}" + (f" to {stage['last']:g}" if stage["first"] != stage["last"] else "")
    burst = f"{stage['burst']} starts at once" if stage["burst"] else ""
    if not stage["seconds"] and stage["seconds"] is not None:
        return burst
    burst = f"{burst}, then " if burst else ""
    return f"{burst}{level} {unit}" + (f" for {stage['seconds']:g} s" if stage["seconds"] is not None else "")


def _request_tables(summary: Mapping[str, Any]) -> Iterator[str]:
    requests = summary["requests"]
    if len(requests) > MAX_TABLES:
        for name, figures in requests.items():
            yield from _outcome_lines(name, figures, summary)
        yield from ("", "all requests", *_metric_table(_short_metrics(summary["all"]), SHORT_COLUMNS))
        return
    for name, figures in requests.items():
        yield ""
        yield from _outcome_lines(name, figures, summary)
        yield from _metric_table(_short_metrics(figures), SHORT_COLUMNS)
        for outcome in figures["outcomes"]:
            if texts := figures.get("samples", {}).get(outcome):
                yield _cut(f"  {outcome}: {texts[0]}")


def _outcome_lines(name: str, figures: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[str]:
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in figures["outcomes"].items())
    speeds = [f"{number_text(figures['requests_s'])} requests/s", f"{number_text(figures['tokens_s'])} tokens/s"]
    if summary["objectives"]:
        speeds.insert(1, f"goodput {number_text(figures['goodput_s'])}/s")
    guess = " by chunks" if figures["tokens"].get("chunks") else ""
    yield from _wrapped(f"{name}: {outcomes}; {', '.join(speeds)}{guess}", "")


def _short_metrics(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {metric: row for metric in SHORT_METRICS if (row := figures["metrics"].get(metric)) and row["n"]}


def _metric_table(metrics: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    if metrics:
        yield f"  {'':<16}{'n':>7}" + "".join(f"{column:>9}" for column in columns)
    for kind, row in metrics.items():
        cells = "".join(f"{number_text(row.get(column)):>9}" for column in columns)
        yield f"  {kind:<16}{number_text(row['n']):>7}{cells}"


def _closing_lines(summary: Mapping[str, Any], shown: int | None = MAX_SHOWN) -> Iterator[str]:
    """The rest: the limiter, conformance, thresholds, the validity of the figures."""
    yield ""
    if held_off := throttling.throttling_sentence(summary["limiter"]):
        yield from _wrapped(f"limiter: {held_off}", "")
    yield from _conformance_lines(summary, shown)
    if thresholds.breaks_promises(summary):
        yield "  exit code 1, since answers break a must;"
        yield "  --threshold 'conformance >= 95%' allows a share of them"
    if summary["stopped_by_ceiling"]:
        yield "The run was stopped by a ceiling."
    for threshold in summary.get("thresholds", ()):
        yield _cut(f"threshold {threshold['expression']}: {_threshold_text(threshold)}")
    for doubt in summary["doubts"]:
        yield from _wrapped(f"INVALID: {doubt}", "")
    if summary.get("error_bar") is not None:
        yield from _wrapped(f"error bar: {error_bar.error_bar_sentence(summary['error_bar'])}", "")


def _conformance_lines(summary: Mapping[str, Any], shown: int | None) -> Iterator[str]:
    """Conformance in all and by concurrency, and the broken checks, each with an example if not all are shown."""
    conformance = summary["conformance"]
    if conformance is None:
        yield "conformance: not judged"
        return
    judged, kept = conformance["judged"], conformance["conformant"]
    yield f"conformance: {kept:,} of {judged:,} answers ({conformance['share']:.2%})"
    bands = conformance["by_concurrency"] if kept < judged and len(conformance["by_concurrency"]) > 1 else []
    for row in bands if shown is None else bands[-2:]:
        yield f"  with {row['under_way']} under way: {row['conformant']:,} of {row['judged']:,} ({row['share']:.2%})"
    broken = conformance["broken"]
    for one in broken if shown is None else broken[:shown]:
        yield _cut(f"  {one['name']}: {one['check']} ({one['level']}) in {one['answers']:,} answers")
        texts = summary["requests"].get(one["name"], {}).get("samples", {}).get(one["check"])
        if texts and shown is not None:
            yield _cut(f"    {texts[0]}")
    if shown is not None and len(broken) > shown:
        yield f"  … and {len(broken) - shown} more checks"


def _threshold_text(threshold: Mapping[str, Any]) -> str:
    if threshold["holds"] is None:
        return "undecided (too few samples)"
    return f"{'holds' if threshold['holds'] else 'BROKEN'} ({thresholds.measured_text(threshold)})"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        printable(text), MAX_WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


def _cut(text: str) -> str:
    line = printable(text)
    return line if len(line) <= MAX_WIDTH else line[: MAX_WIDTH - 1] + "…"
