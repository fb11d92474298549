"""`wireproof faults`: lists the faults of the mock, or writes the pages of field bugs and of the kill matrix."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import (
    MATRIX_FILE,
    add_command_parser,
    add_matrix_option,
    read_matrix,
    show_examples,
    write_file,
)
from wireproof.errors import ConfigError


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(commands, "faults", run, "list the faults that the reference server can inject")
    parser.add_argument("--write", metavar="FILE", help="write the page of publicly reported bugs to this file")
    parser.add_argument("--kills", metavar="FILE", help="write the page of the kill matrix to this file")
    add_matrix_option(parser)
    show_examples(
        parser,
        "wireproof faults                                        # one line for each fault",
        "wireproof faults --json",
        "wireproof faults --kills docs/kill-matrix.md --matrix tests/matrix.json",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the faults, or writes a page about them."""
    from wireproof.mock.faults import faults

    catalogue = faults()
    if options.write:
        write_file(
            Path(options.write),
            make_field_bugs_page([fault.as_data() for fault in catalogue.values()], _read_required_matrix(options)),
        )
        return 0
    if options.kills:
        page = make_kill_matrix_page([fault.as_data() for fault in catalogue.values()], _read_required_matrix(options))
        write_file(Path(options.kills), page, "--kills")
        return 0
    if options.json:
        print(json.dumps([fault.as_data() for fault in catalogue.values()], indent=1))
        return 0
    for fault in catalogue.values():
        print(f"{fault.id:<36} {fault.sentence}" + (f"  ({fault.source})" if fault.source else ""))
    print(f"{len(catalogue)} faults")
    return 0


def make_field_bugs_page(catalogue: list[dict[str, Any]], matrix: Any) -> str:
    """The page of publicly reported bugs, from the faults and the kill matrix."""
    from wireproof.mock.faults.fault import read_catalogue_file
    from wireproof.report.docs import field_bugs_page

    return field_bugs_page.field_bugs_markdown(
        catalogue, read_catalogue_file("bugs_without_fault.yaml"), read_catalogue_file("bug_links.yaml"), matrix
    )


def make_kill_matrix_page(catalogue: list[dict[str, Any]], matrix: Any) -> str:
    """The page of the kill matrix, from the faults, the matrix and the planned verdicts of openai."""
    from wireproof.contract import loading
    from wireproof.contract.column import columns_for
    from wireproof.contract.target_options import mock_targets
    from wireproof.judging.suite_loader import load_checks
    from wireproof.judging.verdict_plan import plan_columns
    from wireproof.mock.faults.fault import read_catalogue_file
    from wireproof.report.docs import kill_matrix_page

    (target,) = mock_targets(loading.BASELINE_PROVIDER)
    columns = columns_for(target.provider, loading.load_providers())
    planned_verdicts = plan_columns(target, columns, loading.load_cases())
    return kill_matrix_page.kill_matrix_markdown(
        catalogue, matrix, load_checks(), read_catalogue_file("benchmark_faults.yaml"), planned_verdicts
    )


def _read_required_matrix(options: argparse.Namespace) -> Any:
    matrix = read_matrix(options)
    if matrix is None:
        raise ConfigError(
            f"--matrix {MATRIX_FILE}", "there is no such file", "write it with `wireproof prove --write FILE`"
        )
    return matrix
