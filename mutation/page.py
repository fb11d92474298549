"""docs/mutation.md: what was changed, what noticed it, and why what did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation.bench import BROKE, KILLED, SURVIVED, TESTED, Fate
from wireproof.formats.yaml_file import read_yaml

REASONS = Path(__file__).with_name("reasons.yaml")
UNEXPLAINED = "**not explained**"

# File, function, the line as it stands and as the mutant has it.
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a run beside the fates: how it was asked for, and what it was drawn from."""

    command: str
    seed: int
    population: int
    skipped: Mapping[str, int]
    exhibits: int
    faults: int
    providers: int
    checks: int
    hit: int


def rate(fates: Iterable[Fate]) -> float:
    """The share of the mutants that was noticed."""
    every = list(fates)
    return sum(fate.outcome != SURVIVED for fate in every) / len(every)


def reasons() -> dict[Key, str]:
    """Why each mutant that is known to survive does."""
    return {(one["file"], one["function"], one["was"], one["now"]): one["reason"] for one in read_yaml(REASONS)}


def key(fate: Fate) -> Key:
    """What a reason is kept under: it holds as long as the line stands."""
    return fate.mutant.file, fate.mutant.definition, fate.mutant.line, fate.mutated


def unexplained(fates: Iterable[Fate], known: Mapping[Key, str]) -> list[Fate]:
    """The survivors that nobody has given a reason for."""
    return [fate for fate in fates if fate.outcome == SURVIVED and key(fate) not in known]


def page(figures: Figures, fates: Sequence[Fate], known: Mapping[Key, str]) -> str:
    """The page as text."""
    return "\n".join((*_head(figures, fates), *_modules(fates), *_survivors(fates, known))) + "\n"


def _head(figures: Figures, fates: Sequence[Fate]) -> Iterator[str]:
    count = Counter(fate.outcome for fate in fates)
    yield from (
        "# Mutation of the judges",
        "",
        "Small changes to the checks and to the modules that judge, each of which is to be noticed on evidence that",
        "was recorded under the faults of the reference server: by another outcome, another level, another clause or",
        "another place. Other words are no difference.",
        "",
        f"Made by `{figures.command}`, seed {figures.seed}.",
        "",
        "| | |",
        "|---|---:|",
        f"| mutants in the sample | {len(fates)} |",
        f"| killed: another verdict | {count[KILLED]} |",
        f"| killed: the judge breaks, does not load or does not end | {count[BROKE]} |",
        f"| killed: a unit test of the module fails, where no evidence tells | {count[TESTED]} |",
        f"| survived, each with its reason below | {count[SURVIVED]} |",
        f"| kill rate | {rate(fates):.1%} |",
        f"| checks with a mutant of their own in the sample | {figures.hit} of {figures.checks} |",
        "",
        f"The evidence is {figures.exhibits:,} judgements on {figures.providers} contracts, drawn by the seed from all",
        f"that {figures.faults:,} faults and the faultless server come to, a bounded number of each kind of verdict a",
        "check. A mutant meets those whose judgement calls the function that it is in.",
        "",
        "The operators are cosmic-ray's, and five more for what checks are made of: a call or a raise left out,",
        "another text, `in` for `not in`, the condition of a comprehension left out, `any` for `all` and `min` for",
        f"`max`. The sample is drawn from {figures.population:,} mutants: one of each check, the others at places all",
        "over. Left out by rule are",
        "",
        *(f"- {number:,} in {reason};" for reason, number in sorted(figures.skipped.items())),
        "",
        "and everything in suites/generated, which judges requests that are generated where it runs.",
        "",
    )


def _modules(fates: Sequence[Fate]) -> Iterator[str]:
    every = Counter(_folder(fate) for fate in fates)
    survived = Counter(_folder(fate) for fate in fates if fate.outcome == SURVIVED)
    yield from ("## By module", "", "| module | mutants | survived |", "|---|---:|---:|")
    yield from (f"| {name} | {number} | {survived[name]} |" for name, number in sorted(every.items()))
    yield ""


def _survivors(fates: Sequence[Fate], known: Mapping[Key, str]) -> Iterator[str]:
    yield from ("## Survivors", "", "| where | the line, and what it became | why nothing notices |", "|---|---|---|")
    for fate in sorted((one for one in fates if one.outcome == SURVIVED), key=key):
        file, function, was, now = key(fate)
        yield f"| {file}, `{function}` | {_code(was)} → {_code(now)} | {known.get(key(fate), UNEXPLAINED)} |"


def _folder(fate: Fate) -> str:
    return fate.mutant.file if fate.mutant.file.startswith("wireproof") else f"{fate.mutant.path.parent.name} suites"


def _code(line: str) -> str:
    return "`` " + line.replace("|", "\\|") + " ``"
