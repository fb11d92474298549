"""docs/mutation.md: what was changed, what revealed it, and why the survivors were not revealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation.mutant_runs import BROKE, KILLED, SURVIVED, TESTED, MutantResult
from wireproof.formats.yaml_file import read_yaml

REASONS = Path(__file__).with_name("reasons.yaml")
UNEXPLAINED = "**not explained**"

# File, function, the line before and after the change.
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run beside the results.

    Attributes:
        population: the number of mutants from which the sample is drawn.
        skipped: the number of skipped mutants by reason.
        judgements: the number of recorded verdicts.
        checks_with_mutant: the number of checks with a mutant in their own function.
    """

    command: str
    seed: int
    population: int
    skipped: Mapping[str, int]
    judgements: int
    faults: int
    providers: int
    checks: int
    checks_with_mutant: int


def kill_rate(results: Iterable[MutantResult]) -> float:
    """The share of the mutants that did not survive."""
    all_results = list(results)
    return sum(result.outcome != SURVIVED for result in all_results) / len(all_results)


def read_reasons() -> dict[Key, str]:
    """The reason of each known survivor."""
    return {
        (entry["file"], entry["function"], entry["was"], entry["now"]): entry["reason"] for entry in read_yaml(REASONS)
    }


def reason_key(result: MutantResult) -> Key:
    """The key of a reason; the reason holds as long as the line is unchanged."""
    return result.mutant.file, result.mutant.definition, result.mutant.line, result.mutated


def without_reason(results: Iterable[MutantResult], known_reasons: Mapping[Key, str]) -> list[MutantResult]:
    """The survivors without a reason."""
    return [result for result in results if result.outcome == SURVIVED and reason_key(result) not in known_reasons]


def page_text(figures: Figures, results: Sequence[MutantResult], known_reasons: Mapping[Key, str]) -> str:
    """The page as Markdown."""
    return (
        "\n".join((*_head_lines(figures, results), *_module_lines(results), *_survivor_lines(results, known_reasons)))
        + "\n"
    )


def _head_lines(figures: Figures, results: Sequence[MutantResult]) -> Iterator[str]:
    count = Counter(result.outcome for result in results)
    yield from (
        "# Mutation of the judges",
        "",
        "A mutant is a small change to a check or to a module that judges. Evidence that was recorded under the faults",
        "of the reference server should reveal it: by another outcome, another level, another clause or another place.",
        "Other words are no difference.",
        "",
        f"Made by `{figures.command}`, seed {figures.seed}.",
        "",
        "| | |",
        "|---|---:|",
        f"| mutants in the sample | {len(results)} |",
        f"| killed: another verdict | {count[KILLED]} |",
        f"| killed: the judge breaks, does not load or does not end | {count[BROKE]} |",
        f"| killed: no verdict changes, but a unit test of the module fails | {count[TESTED]} |",
        f"| survived, with a reason below | {count[SURVIVED]} |",
        f"| kill rate | {kill_rate(results):.1%} |",
        f"| checks with a mutant in their own function | {figures.checks_with_mutant} of {figures.checks} |",
        "",
        f"The evidence is {figures.judgements:,} verdicts on {figures.providers} contracts. The seed draws them from",
        f"all verdicts on {figures.faults:,} faults and the fault-free server, a bounded number of each kind for each",
        "check. A mutant is tried on the verdicts whose judgement calls its function.",
        "",
        "The operators are cosmic-ray's and five more for the parts of a check: a call or a raise left out, another",
        "text, `in` for `not in`, the condition of a comprehension left out, `any` for `all` and `min` for `max`. The",
        f"sample is drawn from {figures.population:,} mutants: one of each check, others at all places. Skipped are",
        "",
        *(f"- {number:,} in {reason};" for reason, number in sorted(figures.skipped.items())),
        "",
        "and everything in suites/generated, which judges generated requests.",
        "",
    )


def _module_lines(results: Sequence[MutantResult]) -> Iterator[str]:
    all_results = Counter(_module_name(result) for result in results)
    survived = Counter(_module_name(result) for result in results if result.outcome == SURVIVED)
    yield from ("## By module", "", "| module | mutants | survived |", "|---|---:|---:|")
    yield from (f"| {name} | {number} | {survived[name]} |" for name, number in sorted(all_results.items()))
    yield ""


def _survivor_lines(results: Sequence[MutantResult], known_reasons: Mapping[Key, str]) -> Iterator[str]:
    yield from ("## Survivors", "", "| where | the line before → after | reason |", "|---|---|---|")
    for result in sorted((result for result in results if result.outcome == SURVIVED), key=reason_key):
        file, function, was, now = reason_key(result)
        reason = known_reasons.get(reason_key(result), UNEXPLAINED)
        yield f"| {file}, `{function}` | {_code_cell(was)} → {_code_cell(now)} | {reason} |"


def _module_name(result: MutantResult) -> str:
    return (
        result.mutant.file if result.mutant.file.startswith("wireproof") else f"{result.mutant.path.parent.name} suites"
    )


def _code_cell(line: str) -> str:
    return "`` " + line.replace("|", "\\|") + " ``"
