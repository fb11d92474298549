"""`wireproof cases`: lists the cases or the pairs of their features, or writes their pages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import add_command_parser, add_text_filter, matches_text, show_examples, write_file

if TYPE_CHECKING:
    from wireproof.contract.provider import Provider


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(commands, "cases", run, "list the cases with their purpose and their requests")
    add_text_filter(parser)
    parser.add_argument("--write", metavar="FOLDER", help="write a page for each area and an index into this folder")
    parser.add_argument(
        "--pairs", action="store_true", help="list each pair of features with its cases, or the reason why it has none"
    )
    parser.add_argument(
        "--write-array",
        action="store_true",
        help="choose the combinations of features anew, and write them to suites/pairs/array.yaml (takes a minute)",
    )
    show_examples(
        parser,
        "wireproof cases                                         # one line for each case",
        "wireproof cases stream tools                            # those with both texts",
        "wireproof cases --json                                  # with all requests",
        "wireproof cases --pairs                                 # one line for each pair of features",
        "wireproof cases --write docs/cases",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the cases or the pairs, or writes the pages of the cases or the combinations of features."""
    if options.write_array:
        return _write_array(options)
    if options.write:
        return _write_pages(options)
    return _print_pairs(options) if options.pairs else _print_cases(options)


def _write_array(options: argparse.Namespace) -> int:
    """Chooses the combinations of features, and writes them to their file."""
    from wireproof.contract import data_files
    from wireproof.contract.feature_pairs import ARRAY_FILE, load_features
    from wireproof.generation.covering_array import array_text, choose_array

    array = choose_array(load_features(), _providers(options).values())
    write_file(data_files.root() / ARRAY_FILE, array_text(array), "--write-array")
    print(f"{len(array)} combinations in {ARRAY_FILE}")
    return 0


def _write_pages(options: argparse.Namespace) -> int:
    from wireproof.contract.feature_pairs import find_pair_coverage
    from wireproof.report.docs.case_pages import case_pages

    coverage = find_pair_coverage(_providers(options).values())
    for name, page in case_pages(_case_facts(options), coverage).items():
        write_file(Path(options.write) / name, page)
    return 0


def _print_pairs(options: argparse.Namespace) -> int:
    """Prints each pair of features with its cases, its reason, or the contracts for which it has neither."""
    from wireproof.contract.feature_pairs import find_pair_coverage

    coverage = find_pair_coverage(_providers(options).values())
    if options.json:
        print(json.dumps([one.as_data() for one in coverage], indent=1))
        return 0
    for one in coverage:
        gaps = f"no case for {', '.join(one.gaps)}" if one.gaps else ""
        told = one.reason or gaps or " ".join(one.all_cases) or "no contract offers both"
        print(f"{one.endpoint:<12} {' + '.join(one.pair):<38} {told}")
    print(f"{len(coverage)} pairs, {sum(bool(one.gaps) for one in coverage)} without a case or a reason")
    return 0


def _print_cases(options: argparse.Namespace) -> int:
    from wireproof.contract import loading

    cases = loading.load_cases()
    found = [case for case in cases.values() if matches_text(options.text, case.name, case.says)]
    if options.json:
        names = {case.name for case in found}
        facts = [one for one in _case_facts(options) if one["id"] in names]
        print(json.dumps(facts, indent=1, ensure_ascii=False))
    else:
        for case in found:
            print(f"{case.name:<40} {case.endpoint:<16} {case.profile:<5} {case.says}")
        print(f"{len(found)} of {len(cases)} cases")
    return 0 if found else 2


def _providers(options: argparse.Namespace) -> dict[str, Provider]:
    from wireproof.contract import loading

    return loading.load_providers(Path(options.providers) if options.providers else None)


def _case_facts(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The facts about every case, with its requests."""
    from wireproof.proof.explain import IdIndex

    index = IdIndex.from_providers(_providers(options), {})
    return [index.explain(name) for name in index.cases]
