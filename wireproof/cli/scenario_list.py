"""The list of the scenarios of load runs, with the sentence of each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

LIST_FLAGS = frozenset({"-l", "--list"})


def wants_list(arguments: Sequence[str]) -> bool:
    """True if the arguments request the list of scenarios in place of a run."""
    return bool(LIST_FLAGS & set(arguments))


def print_scenarios(arguments: Sequence[str]) -> int:
    """Prints one line for each scenario, also for those of --scenarios; returns the exit code."""
    from wireproof.load.scenario.scenario import read_scenarios

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--scenarios", type=Path)
    scenarios = read_scenarios(parser.parse_known_args(arguments)[0].scenarios)
    width = max(map(len, scenarios))
    for scenario in scenarios.values():
        contract = f" ({scenario.provider})" if scenario.provider else ""
        print(f"{scenario.name:<{width}}  {scenario.says}{contract}")
    return 0
