"""The reasons why faults do not turn the default gate red, and the gaps among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.formats.yaml_file import read_yaml
from wireproof.proof.gate_effect import GATE_WORDS, RED_WORDS
from wireproof.proof.gate_table import GateWords

UNGATED_FILE = "wireproof/proof/ungated_faults.yaml"
UNGATED_WORDS = tuple(word for word in GATE_WORDS if word not in RED_WORDS)


@dataclass(frozen=True, slots=True)
class UngatedFault:
    """A fault that can show under a contract and does not turn its default gate red."""

    fault: str
    provider: str
    word: str


@dataclass(frozen=True, slots=True)
class UngatedReason:
    """One reason, and the faults that it is about.

    Attributes:
        faults: ids, or prefixes of ids that end with `*`.
        contracts: names of providers; `*` for all.
        words: the words for the gate that it is about.
    """

    faults: tuple[str, ...]
    contracts: tuple[str, ...]
    words: tuple[str, ...]
    reason: str

    def covers(self, ungated: UngatedFault) -> bool:
        """True if the reason is about this fault under this contract."""
        return (
            ungated.word in self.words
            and any(fnmatchcase(ungated.provider, pattern) for pattern in self.contracts)
            and any(fnmatchcase(ungated.fault, pattern) for pattern in self.faults)
        )


@cache
def read_reasons() -> tuple[UngatedReason, ...]:
    """The reasons of the file; raises ConfigError for a mistake in it."""
    return reasons_from_data(read_yaml(data_files.PACKAGE_FOLDER / "proof" / "ungated_faults.yaml"))


def reasons_from_data(rows: Any) -> tuple[UngatedReason, ...]:
    """The reasons from the rows of the file; raises ConfigError for a row of another form."""
    schemas.check_format(rows, "ungated-faults", UNGATED_FILE)
    return tuple(
        UngatedReason(
            tuple(row["faults"]), tuple(row["contracts"]), tuple(row.get("words", UNGATED_WORDS)), row["reason"]
        )
        for row in rows
    )


def find_ungated(words: GateWords) -> list[UngatedFault]:
    """The faults that can show under a contract and do not turn its default gate red."""
    return [
        UngatedFault(fault, provider, word)
        for fault, by in words.items()
        for provider, word in by.items()
        if word not in RED_WORDS
    ]


def find_reason_gaps(words: GateWords, reasons: Sequence[UngatedReason]) -> Iterator[str]:
    """Yields a sentence for each fault without a reason or with several, and for each part of a reason without use."""
    ungated = find_ungated(words)
    for one in ungated:
        covering = [reason.reason for reason in reasons if reason.covers(one)]
        if len(covering) != 1:
            count = f"{len(covering)} reasons" if covering else "no reason"
            yield f"{one.fault} under {one.provider} is {one.word} and has {count} in {UNGATED_FILE}"
    for reason in reasons:
        yield from (f"{part} of the reason {reason.reason!r} is about no fault" for part in _unused(reason, ungated))


def count_by_reason(words: GateWords, reasons: Sequence[UngatedReason]) -> dict[str, str]:
    """Reason → the number of faults that it is about, under each contract."""
    ungated = find_ungated(words)
    counted = ((row.reason, Counter(one.provider for one in ungated if row.covers(one))) for row in reasons)
    return {reason: ", ".join(f"{provider} {count}" for provider, count in by.items()) for reason, by in counted}


def _unused(reason: UngatedReason, ungated: Iterable[UngatedFault]) -> Iterator[str]:
    covered = [one for one in ungated if reason.covers(one)]
    parts = (
        *((pattern, [one.fault for one in covered]) for pattern in reason.faults),
        *((pattern, [one.provider for one in covered]) for pattern in reason.contracts),
    )
    yield from (pattern for pattern, names in parts if not any(fnmatchcase(name, pattern) for name in names))
