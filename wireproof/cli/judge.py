"""`wireproof judge LEDGER`: today's checks on stored evidence, without a network."""

from __future__ import annotations

import argparse
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.session.pytest_plugin import check_options as known_options

MAX_CHANGES_PRINTED = 20


def add(commands: Any) -> None:
    """Register the command."""
    parser = add_command_parser(commands, "judge", run, "judge the evidence of a ledger again, without a network")
    parser.add_argument("ledger", metavar="LEDGER", help="the ledger.jsonl of a run, whole or cut off")
    known_options.add_gate_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the verdicts; 0 the contract holds, 1 it is broken, 2 incomplete or nothing was judged."""
    from wireproof.formats.safe_text import printable
    from wireproof.session.rejudge import changed_verdicts, rejudge

    file = Path(options.ledger)
    judged, held = rejudge(
        file,
        Path(options.providers) if options.providers else None,
        **known_options.gate_settings_from_options(options),
    )
    exit = judged.exit_code if held.cut is None else 2
    if options.json:
        print(json.dumps(judged.report_data(exit, complete=held.cut is None), indent=1))
        return exit
    for verdict in judged.verdicts:
        if judged.gates(verdict) or verdict.outcome in ERROR_OUTCOMES:
            print(judged.summary_text(verdict), end="\n\n")
    _print_summary(judged)
    told = changed_verdicts(judged, held)
    if told:
        print(f"other verdicts than when this was recorded ({len(told)})")
    for sentence in told[:MAX_CHANGES_PRINTED]:
        print(f"  {printable(sentence)}")
    for sentence in judged.stale_entries:
        print(f"stale: {printable(sentence)}")
    if held.cut is not None:
        print(f"incomplete: {held.cut}", file=sys.stderr)
    return exit


def _print_summary(judged: Any) -> None:
    from wireproof.judging.verdict import find_divergences
    from wireproof.report.terminal_summary import print_summary

    text, found = io.StringIO(), find_divergences(judged.verdicts, judged.own_contracts)
    print_summary(text, judged.verdicts, judged.own_contracts, found, asdict(judged.spent))
    print(text.getvalue(), end="")
