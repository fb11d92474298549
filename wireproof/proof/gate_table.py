"""The gate table: for each contract, the number of faults that turn the gate red, are advice or do not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.contract.case import PROFILES
from wireproof.proof.gate_effect import GATE_WORDS, RED_WORDS, GateEffect

# The words for a fault that a live run with one key shows: its gate is red, or a verdict is advice. A fault that only
# other means or generated requests show, and one that breaks no verdict, is not shown in such a run.
SHOWN_WORDS = (*PROFILES, "advice")
# Fault → provider → the word for its effect on the gate; without the providers under which it changes nothing.
GateWords = Mapping[str, Mapping[str, str]]
NOT_SHOWN = "not-shown"
GATE_HEADINGS = ("contract", *GATE_WORDS, NOT_SHOWN, "red")
GATE_LEGEND = (
    "core, full, all: from this profile on, the gate of a live run with one key and no other option is red",
    "examples: red only with generated requests (--examples)",
    "means: a verdict fails only with means beyond one key, such as a spent key or an outage",
    "advice: a verdict fails at should; silent: an exchange changes, but no promise breaks, or only one at may",
    "not-shown: the fault changes nothing; red: the share of core and full among core, full, all and advice",
)


@dataclass(frozen=True, slots=True)
class GateRow:
    """The counts of one contract.

    Attributes:
        counts: word → number of faults.
        not_shown: number of faults that change nothing under this contract.
    """

    counts: Mapping[str, int]
    not_shown: int

    @property
    def red_count(self) -> int:
        """The number of faults that turn the default gate red."""
        return sum(self.counts[word] for word in RED_WORDS)

    @property
    def visible_count(self) -> int:
        """The number of faults that show in a live run with one key, of whatever profile."""
        return sum(self.counts[word] for word in SHOWN_WORDS)

    @property
    def share_red(self) -> float:
        """The share of red among the faults that can show; 1 if none can."""
        return self.red_count / self.visible_count if self.visible_count else 1.0


def make_rows(words: GateWords) -> dict[str, GateRow]:
    """Provider → its row, for every provider under whose contract a fault shows; those with most such faults first."""
    rows: dict[str, GateRow] = {}
    for provider in dict.fromkeys(name for by in words.values() for name in by):
        counted = Counter(by[provider] for by in words.values() if provider in by)
        counts = {word: counted[word] for word in GATE_WORDS}
        rows[provider] = GateRow(counts, len(words) - sum(counts.values()))
    return dict(sorted(rows.items(), key=lambda item: (-item[1].visible_count, item[0])))


def as_data(words: GateWords) -> dict[str, Any]:
    """The table as JSON data."""
    return {
        provider: {**row.counts, NOT_SHOWN: row.not_shown, "share_red": round(row.share_red, 4)}
        for provider, row in make_rows(words).items()
    }


def as_cells(words: GateWords) -> list[tuple[str, ...]]:
    """The cells of each row of the table, below `GATE_HEADINGS`."""
    return [
        (provider, *map(str, row.counts.values()), str(row.not_shown), f"{row.share_red:.1%}")
        for provider, row in make_rows(words).items()
    ]


def as_text(words: GateWords) -> list[str]:
    """The table as lines of text, with a legend."""
    cells = [GATE_HEADINGS, *as_cells(words)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return [*lines, *GATE_LEGEND]


def describe_gates(words: Mapping[str, str]) -> str:
    """The gates of one fault: each word with its providers, the strongest first."""
    by_word = {word: [provider for provider, one in words.items() if one == word] for word in GATE_WORDS}
    return "; ".join(f"{word}: {', '.join(providers)}" for word, providers in by_word.items() if providers)


def find_weakened(
    recorded: GateWords,
    found: Mapping[str, Mapping[str, GateEffect]],
    providers: Sequence[str],
    *,
    red_only: bool = False,
) -> Iterator[str]:
    """Yields a sentence for each gate of these providers that is weaker than recorded.

    Args:
        red_only: compares only the gates that are recorded as red from a profile on.
    """
    for fault, words in recorded.items():
        for provider, word in words.items():
            gate = found.get(fault, {}).get(provider)
            if provider not in providers or (red_only and word not in PROFILES):
                continue
            if gate is None or not gate.is_at_least(word):
                now = gate.word if gate is not None else NOT_SHOWN
                yield f"{fault} under {provider}: recorded {word}, now {now}"
