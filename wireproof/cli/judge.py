"""`wireproof judge LEDGER`: re-judges the evidence of a ledger with the present checks, without a network."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, show_examples
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.session.pytest_plugin import check_options as known_options

MAX_CHANGES_PRINTED = 20


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(commands, "judge", run, "re-judge the evidence of a ledger, without a network")
    parser.add_argument("ledger", metavar="LEDGER", help="ledger.jsonl of a run, complete or interrupted")
    known_options.add_gate_options(parser)
    known_options.add_share_option(parser)
    show_examples(
        parser,
        "wireproof judge reports/ledger.jsonl",
        "wireproof judge reports/ledger.jsonl --authority all --fail-on should",
        "wireproof judge reports/ledger.jsonl --baseline known.yaml --json",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the verdicts; returns 0 if the contract holds, 1 if it is broken, 2 if the run is incomplete or empty."""
    from wireproof.formats.safe_text import printable
    from wireproof.report.finished_run import FinishedRun
    from wireproof.report.terminal_summary import summary_lines
    from wireproof.session.rejudge import changed_verdicts, rejudge

    file = Path(options.ledger)
    judged, stored = rejudge(
        file,
        Path(options.providers) if options.providers else None,
        **known_options.gate_settings_from_options(options),
    )
    exit = judged.exit_code if stored.cut is None else 2
    if options.json:
        print(json.dumps(judged.report_data(exit, complete=stored.cut is None), indent=1))
        return exit
    for verdict in judged.verdicts:
        if judged.gates(verdict) or verdict.outcome in ERROR_OUTCOMES:
            print(judged.summary_text(verdict), end="\n\n")
    facts = FinishedRun(judged.report_data(exit, complete=stored.cut is None))
    print("\n".join(summary_lines(facts)))
    changes = changed_verdicts(judged, stored)
    if changes:
        print(f"verdicts that differ from the recorded ones ({len(changes)})")
    for sentence in changes[:MAX_CHANGES_PRINTED]:
        print(f"  {printable(sentence)}")
    for sentence in judged.stale_entries:
        print(f"stale in the baseline: {printable(sentence)}")
    for sentence in judged.too_little_decided:
        print(f"too little decided: {printable(sentence)}")
    if stored.cut is not None:
        print(f"incomplete: {stored.cut}", file=sys.stderr)
    return exit
