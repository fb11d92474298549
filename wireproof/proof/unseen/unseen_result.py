"""The measured share of derived faults that the checks catch, by class: as data, as text and as a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wireproof.formats.markdown_table import table
from wireproof.proof.unseen.derived_outcome import WORDS, DerivedOutcome
from wireproof.proof.unseen.fault_classes import CLASSES

# The examples of survivors that the text shows for each class.
EXAMPLES = 3
HEADING = ("class", "derived", "red", "elsewhere", "legal", "advice", "silent", "share")


@dataclass(frozen=True, slots=True)
class UnseenProof:
    """The judged sample of derived faults."""

    seed: int
    outcomes: tuple[DerivedOutcome, ...]

    @property
    def share(self) -> float:
        """The share that turned a run red or is legal; 1 for an empty sample."""
        return share_of(self.outcomes)

    @property
    def survivors(self) -> tuple[DerivedOutcome, ...]:
        """The faults that are neither red nor legal, the smallest of each class first."""
        found = [one for one in self.outcomes if one.word in ("advice", "silent")]
        return tuple(sorted(found, key=lambda one: (list(CLASSES).index(one.family), one.sort_key)))

    def of_class(self, family: str) -> list[DerivedOutcome]:
        """The outcomes of one class."""
        return [one for one in self.outcomes if one.family == family]

    def rows(self) -> list[list[str]]:
        """The rows of the table by class, with the sum."""
        rows = [[family, *_counts(self.of_class(family))] for family in CLASSES if self.of_class(family)]
        return [*rows, ["all", *_counts(self.outcomes)]]

    def as_data(self) -> dict[str, Any]:
        """The result as JSON data."""
        return {
            "seed": self.seed,
            "derived": len(self.outcomes),
            "share": round(self.share, 4),
            "classes": {
                family: {"derived": len(own), "share": round(share_of(own), 4), **_words(own)}
                for family in CLASSES
                if (own := self.of_class(family))
            },
            "contracts": {
                name: round(share_of([one for one in self.outcomes if one.provider == name]), 4)
                for name in dict.fromkeys(one.provider for one in self.outcomes)
            },
            "survivors": [one.as_data() for one in self.survivors],
        }

    def as_text(self) -> str:
        """The result as text."""
        rows = [list(HEADING), *self.rows()]
        widths = [max(len(row[at]) for row in rows) for at in range(len(HEADING))]
        lines = [
            "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(pairs))
            for pairs in (list(zip(row, widths, strict=True)) for row in rows)
        ]
        for family in CLASSES:
            for one in [one for one in self.survivors if one.family == family][:EXAMPLES]:
                lines += ["", *example_lines(one)]
        return "\n".join([*lines, "", self.sentence])

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        counts = _words(self.outcomes)
        return (
            f"{len(self.outcomes)} derived faults (seed {self.seed}): {counts['red']} turn a run of the default "
            f"profile red, {counts['legal']} are legal, {counts['advice']} give advice alone, "
            f"{counts['silent']} leave no sign; "
            f"{self.share:.1%} are caught or explained"
        )

    def as_page(self) -> str:
        """The page of the result in Markdown."""
        sentences = [[family, one.group, one.says] for family, one in CLASSES.items()]
        lines = [
            "# Derived faults",
            "",
            "`wireproof prove --unseen --write docs/unseen.md` writes this page; "
            "[proof.md](proof.md#derived-faults) explains it.",
            "",
            f"{self.sentence}.",
            "",
            *table(HEADING, self.rows(), HEADING[1:]),
            "",
            "## The classes",
            "",
            *table(("class", "group", "the deviation"), sentences),
            "",
            "## Survivors",
            "",
            "The smallest survivors of each class; each is a gap of the checks.",
            "",
        ]
        shown = [[o for o in self.survivors if o.family == family][:EXAMPLES] for family in CLASSES]
        body = [line for group in shown for one in group for line in example_lines(one)]
        return "\n".join([*lines, "```text", *body, "```", ""])


def share_of(outcomes: Iterable[DerivedOutcome]) -> float:
    """The share of outcomes that are red or legal; 1 for none."""
    words = [one.word for one in outcomes]
    return sum(word in ("red", "legal") for word in words) / len(words) if words else 1.0


def example_lines(one: DerivedOutcome) -> list[str]:
    """One outcome as lines of text."""
    check = f" ({one.check})" if one.check else ""
    return [
        f"{one.word}{check}: {one.family} under {one.provider}, {one.kind}, {one.case}, {one.place}",
        f"  before {one.before!r}",
        f"  after  {one.after!r}",
    ]


def _words(outcomes: Iterable[DerivedOutcome]) -> dict[str, int]:
    words = [one.word for one in outcomes]
    return {word: words.count(word) for word in WORDS}


def _counts(outcomes: Iterable[DerivedOutcome]) -> list[str]:
    found = list(outcomes)
    counts = _words(found)
    elsewhere = sum(one.word == "red" and not one.once for one in found)
    cells = (len(found), counts["red"], elsewhere, counts["legal"], counts["advice"], counts["silent"])
    return [*map(str, cells), f"{share_of(found):.1%}"]
