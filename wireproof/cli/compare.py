"""`wireproof compare A B`: what changed from one run to another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.errors import ConfigError
from wireproof.session.pytest_plugin import check_options as known_options

if TYPE_CHECKING:
    from wireproof.report.compare.latency_change import LatencyChange
    from wireproof.report.compare.run_comparison import Comparison

HELP = "compare two runs: regressions, fixes, clauses, latency"


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser("compare", help=HELP, description=HELP)
    parser.add_argument(
        "before", metavar="A", type=Path, help="report.json or its folder, ledger.jsonl, or a load summary"
    )
    parser.add_argument("after", metavar="B", type=Path, help="the same of the later run")
    parser.add_argument("--json", action="store_true", help="print JSON (schemas/formats/comparison.json)")
    parser.add_argument(
        "--tolerance", type=float, default=0.05, metavar="SHARE", help="of load runs: what may move (default: 0.05)"
    )
    known_options.add_gate_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what changed; 1 where something became worse, 2 where a run cannot be read."""
    from wireproof.judging.gate import Gate
    from wireproof.load.results import load_comparison as load_compare
    from wireproof.report.compare import run_comparison
    from wireproof.report.compare.run_snapshot import read_snapshot

    loads = load_compare.read_load_summary(options.before), load_compare.read_load_summary(options.after)
    if any(loads):
        return _compare_loads(options, *loads)
    before, after = read_snapshot(options.before), read_snapshot(options.after)
    alone = [
        target for target in after.own if {key[1] for key in after.verdicts if key[0] == target} == {after.own[target]}
    ]
    found = run_comparison.compare_runs(
        before, after, Gate(own=after.own, alone=alone, **known_options.gate_settings_from_options(options))
    )
    if options.json:
        print(json.dumps(found.as_data(), indent=1))
    else:
        print("\n".join(_comparison_lines(found)))
    return found.exit_code


def _compare_loads(options: argparse.Namespace, before: Any, after: Any) -> int:
    """The same for two load runs, told apart from noise."""
    from wireproof.load.results import load_comparison

    for file, run in ((options.before, before), (options.after, after)):
        if run is None:
            remedy = "compare two runs of a kind"
            raise ConfigError(str(file), "it is no summary of a load run, and the other is one", remedy)
    found = load_comparison.compare_load_runs(before, after, options.tolerance)
    if options.json:
        print(json.dumps(load_comparison.load_comparison_to_json(found, before, after), indent=1))
    else:
        print("\n".join(load_comparison.load_comparison_lines(found, before, after)))
    return load_comparison.load_comparison_exit_code(found)


def _comparison_lines(found: Comparison) -> Iterable[str]:
    for title, pairs in (("regressions", found.regressions), ("fixes", found.fixes)):
        told = [
            f"{b.target}, {b.check} on {b.case}: {a.outcome} → {b.outcome}" + (f"; {b.message}" if b.message else "")
            for a, b in pairs
        ]
        yield from _section_lines(title, told)
    fresh = [f"{v.target}, {v.check} on {v.case}: {v.message}" for v in found.new_failures]
    yield from _section_lines("failures without a counterpart", fresh)
    yield from _section_lines("clauses judged only now", found.new_clauses)
    yield from _section_lines("clauses judged no longer", found.lost_clauses)
    title = "latency, by the middle of the ratios of each request (95 times of 100 all intervals hold)"
    yield from _section_lines(title, [_latency_line(shift) for shift in found.shifts])


def _section_lines(title: str, lines: Sequence[str]) -> Iterable[str]:
    from wireproof.formats.safe_text import printable

    yield f"{title}: {len(lines)}"
    yield from (f"  {printable(line)}" for line in lines)


def _latency_line(shift: LatencyChange) -> str:
    known = f"{shift.low:.2f} to {shift.high:.2f}" if shift.low is not None else "too few requests for an interval"
    word = "  moved" if shift.moved else ""
    times = f"{shift.before_ms:.1f} → {shift.after_ms:.1f} ms, × {shift.ratio:.2f}"
    return f"{shift.target} {shift.endpoint} {shift.of}: {times} ({known}, n={shift.cases}){word}"
