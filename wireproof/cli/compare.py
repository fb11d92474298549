"""`wireproof compare A B`: prints the differences between two runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import show_examples
from wireproof.errors import ConfigError
from wireproof.session.pytest_plugin import check_options as known_options

if TYPE_CHECKING:
    from wireproof.report.compare.latency_change import LatencyChange
    from wireproof.report.compare.run_comparison import Comparison

HELP = "compare two runs: regressions, fixes, clauses and latency, or the measurements of two load runs"


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser("compare", help=HELP, description=HELP)
    parser.add_argument(
        "before",
        metavar="A",
        type=Path,
        help="earlier run: its report.json, its ledger.jsonl, a load summary, or the folder of one of these",
    )
    parser.add_argument(
        "after",
        metavar="B",
        type=Path,
        help="later run: its report.json, its ledger.jsonl, a load summary, or the folder of one of these",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the comparison as JSON (schemas/formats/comparison.json)"
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="share by which a measurement of a load run may change without being reported (default: 0.05)",
    )
    known_options.add_gate_options(parser)
    show_examples(
        parser,
        "wireproof compare before/report.json reports            # a folder stands for its report.json",
        "wireproof compare reports/runs/A/ledger.jsonl reports/runs/B/ledger.jsonl --fail-on should",
        "wireproof compare before.json after.json --tolerance 0.1   # two summaries of load runs",
        "wireproof compare load-1 load-2                         # two folders of `load --report-dir`",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the differences; returns 1 if a result became worse, raises WireproofError if a run cannot be read."""
    from wireproof.judging.gate import Gate
    from wireproof.load.results import load_comparison as load_compare
    from wireproof.report.compare import run_comparison
    from wireproof.report.compare.run_snapshot import read_snapshot

    loads = load_compare.read_load_summary(options.before), load_compare.read_load_summary(options.after)
    if any(loads):
        return _compare_loads(options, *loads)
    before, after = read_snapshot(options.before), read_snapshot(options.after)
    gate = Gate(own=after.own, **known_options.gate_settings_from_options(options))
    comparison = run_comparison.compare_runs(before, after, gate)
    if options.json:
        print(json.dumps(comparison.as_data(), indent=1))
    else:
        print("\n".join(_comparison_lines(comparison)))
    return comparison.exit_code


def _compare_loads(options: argparse.Namespace, before: Any, after: Any) -> int:
    """Prints the differences between two load runs that exceed noise; returns the exit code."""
    from wireproof.load.results import load_comparison

    for file, run in ((options.before, before), (options.after, after)):
        if run is None:
            remedy = "compare two load runs, or two conformance runs"
            raise ConfigError(str(file), "it is not the summary of a load run, but the other file is", remedy)
    comparison = load_comparison.compare_load_runs(before, after, options.tolerance)
    if options.json:
        print(json.dumps(load_comparison.load_comparison_to_json(comparison, before, after), indent=1))
    else:
        print("\n".join(load_comparison.load_comparison_lines(comparison, before, after)))
    return load_comparison.load_comparison_exit_code(comparison)


def _comparison_lines(comparison: Comparison) -> Iterable[str]:
    for title, pairs in (("regressions", comparison.regressions), ("fixes", comparison.fixes)):
        lines = [
            f"{b.target}, {b.check} on {b.case}: {a.outcome} → {b.outcome}" + (f"; {b.message}" if b.message else "")
            for a, b in pairs
        ]
        yield from _section_lines(title, lines)
    new = [f"{v.target}, {v.check} on {v.case}: {v.message}" for v in comparison.new_failures]
    yield from _section_lines("failures that only the later run judged", new)
    yield from _section_lines("clauses that only the later run judged", comparison.new_clauses)
    yield from _section_lines("clauses that only the earlier run judged", comparison.lost_clauses)
    title = "latency, as the median of the ratios of all requests (all intervals together: 95 % confidence)"
    yield from _section_lines(title, [_latency_line(change) for change in comparison.shifts])
    yield _verdict_line(comparison)


def _verdict_line(comparison: Comparison) -> str:
    """The result that the exit code stands for."""
    counts = {
        "regressions": comparison.regressions,
        "new failures": comparison.new_failures,
        "clauses no longer judged": comparison.lost_clauses,
    }
    worse = [f"{len(items)} {what}" for what, items in counts.items() if items]
    moved = sum(change.moved for change in comparison.shifts)
    others = f"{len(comparison.fixes)} fixes; {moved} latencies changed, which does not decide"
    return f"WORSE: {', '.join(worse)}; {others}" if worse else f"NOT WORSE: no regressions; {others}"


def _section_lines(title: str, lines: Sequence[str]) -> Iterable[str]:
    from wireproof.formats.safe_text import printable

    yield f"{title}: {len(lines)}"
    yield from (f"  {printable(line)}" for line in lines)


def _latency_line(change: LatencyChange) -> str:
    interval = (
        f"{change.low:.2f} to {change.high:.2f}" if change.low is not None else "too few requests for an interval"
    )
    word = "  changed" if change.moved else ""
    times = f"{change.before_ms:.1f} → {change.after_ms:.1f} ms, × {change.ratio:.2f}"
    return f"{change.target} {change.endpoint} {change.of}: {times} ({interval}, n={change.cases}){word}"
