"""`wireproof faults`: lists the faults of the reference server, shows the bytes of one, or writes pages about them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import (
    GATE_FILE_NAME,
    MATRIX_FILE,
    add_command_parser,
    add_matrix_option,
    add_text_filter,
    matches_text,
    read_gates,
    read_matrix,
    show_examples,
    write_file,
)
from wireproof.errors import ConfigError

if TYPE_CHECKING:
    from wireproof.mock.faults.fault import Fault


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(commands, "faults", run, "list the faults that the reference server can inject")
    add_text_filter(parser)
    parser.add_argument("--write", metavar="FILE", help="write the page of publicly reported bugs to this file")
    survive = "write the page of the legal deviations, which clients must survive, to this file"
    parser.add_argument("--survive", metavar="FILE", help=survive)
    parser.add_argument("--kills", metavar="FILE", help="write the page of the kill matrix to this file")
    try_it = "send a request that shows this fault, and print both answers, with and without it"
    parser.add_argument("--try", dest="tried", metavar="ID", help=try_it)
    parser.add_argument(
        "--legal", action="store_true", help="list the legal deviations alone, which clients must survive"
    )
    add_matrix_option(parser)
    show_examples(
        parser,
        "wireproof faults                                        # one line for each fault",
        "wireproof faults stream usage                           # those with both texts",
        "wireproof faults --try done-missing                     # the bytes, with and without it",
        "wireproof faults --legal --json                         # what a client must survive",
        "wireproof faults --survive docs/must-survive.md",
        "wireproof faults --kills docs/kill-matrix.md --matrix tests/matrix.json",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the faults, or writes pages about them."""
    from wireproof.mock.faults import faults

    if options.tried:
        return try_fault(options)
    catalogue = {name: fault for name, fault in faults().items() if fault.harmless or not options.legal}
    facts = [fault.as_data() for fault in catalogue.values()]
    if options.write:
        write_file(Path(options.write), make_field_bugs_page(facts, _read_required(options, read_matrix)))
    if options.kills:
        matrix, gates = _read_required(options, read_matrix), _read_required(options, read_gates)
        write_file(Path(options.kills), make_kill_matrix_page(facts, matrix, gates), "--kills")
    if options.survive:
        from wireproof.report.docs.survival_page import survival_markdown

        write_file(Path(options.survive), survival_markdown(facts), "--survive")
    if options.write or options.kills or options.survive:
        return 0
    return _print_faults(options, catalogue.values())


def _print_faults(options: argparse.Namespace, catalogue: Collection[Fault]) -> int:
    """Prints the faults whose id or sentence has every text; returns 2 if there is none."""
    from wireproof.cli.fault_text import ways_to_commit

    found = [fault for fault in catalogue if matches_text(options.text, fault.id, fault.sentence)]
    if options.json:
        print(json.dumps([fault.as_data() for fault in found], indent=1))
        return 0 if found else 2
    for fault in found:
        notes = [note for note in (fault.source, "legal" if fault.harmless else "") if note]
        print(f"{fault.id:<36} {fault.sentence}" + (f"  ({'; '.join(notes)})" if notes else ""))
    print(f"{len(found)} of {len(catalogue)} faults; to commit one:")
    print("\n".join(f"  {line}" for line in ways_to_commit("ID")))
    print("  wireproof faults --try ID                        shows its bytes")
    return 0 if found else 2


def try_fault(options: argparse.Namespace) -> int:
    """Sends a request that shows a fault, and prints the answers with and without it."""
    from wireproof.cli.fault_text import facts_of_shown_fault, shown_fault_text
    from wireproof.cli.start_state import require_known_fault
    from wireproof.mock.faults import find_fault
    from wireproof.proof.shown_fault import show_fault

    require_known_fault("--try", options.tried)
    fault = find_fault(options.tried)
    assert fault is not None
    shown = show_fault(fault, read_matrix(options) or {})
    if shown is None:
        only = "generated requests alone show it" if fault.generated else "no single answer of the suites shows it"
        raise ConfigError(f"--try {fault.id}", only, f"read `wireproof explain {fault.id}`")
    facts = facts_of_shown_fault(fault, shown)
    print(json.dumps(facts, indent=1, ensure_ascii=False) if options.json else shown_fault_text(facts))
    return 0


def make_field_bugs_page(catalogue: list[dict[str, Any]], matrix: Any) -> str:
    """The page of publicly reported bugs, from the faults and the kill matrix."""
    from wireproof.mock.faults.fault import read_catalogue_file
    from wireproof.report.docs import field_bugs_page

    return field_bugs_page.field_bugs_markdown(
        catalogue, read_catalogue_file("bugs_without_fault.yaml"), read_catalogue_file("bug_links.yaml"), matrix
    )


def make_kill_matrix_page(catalogue: list[dict[str, Any]], matrix: Any, gates: Any) -> str:
    """The page of the kill matrix, from the faults, the matrix, the gates and the planned verdicts of openai."""
    from wireproof.contract import loading
    from wireproof.contract.target_columns import columns_for
    from wireproof.contract.target_options import mock_targets
    from wireproof.judging.suite_loader import load_checks
    from wireproof.judging.verdict_plan import plan_columns
    from wireproof.mock.faults.fault import read_catalogue_file
    from wireproof.report.docs import kill_matrix_page

    (target,) = mock_targets(loading.BASELINE_PROVIDER)
    columns = columns_for(target.provider, loading.load_providers())
    planned_verdicts = plan_columns(target, columns, loading.load_cases())
    return kill_matrix_page.kill_matrix_markdown(
        catalogue,
        matrix,
        load_checks(),
        read_catalogue_file("benchmark_faults.yaml"),
        planned_verdicts,
        _gate_facts(gates),
    )


def _gate_facts(gates: Any) -> Any:
    from wireproof.proof import gate_table, ungated_faults
    from wireproof.proof.gate_effect import RED_WORDS
    from wireproof.report.docs.kill_matrix_page import GateFacts

    return GateFacts(
        red=sum(any(word in RED_WORDS for word in words.values()) for words in gates.values()),
        headings=gate_table.GATE_HEADINGS,
        rows=gate_table.as_cells(gates),
        legend=gate_table.GATE_LEGEND,
        by_fault={fault: gate_table.describe_gates(words) for fault, words in gates.items()},
        reasons=ungated_faults.count_by_reason(gates, ungated_faults.read_reasons()),
    )


def _read_required(options: argparse.Namespace, read: Callable[[argparse.Namespace], Any]) -> Any:
    """The kill matrix or the gates of an earlier proof; raises ConfigError if there is no file."""
    found = read(options)
    if found is None:
        file = options.matrix or MATRIX_FILE
        problem = f"there is no such file, or no {GATE_FILE_NAME} beside it"
        raise ConfigError(f"--matrix {file}", problem, "write both with `wireproof prove --write FILE`")
    return found
