"""The reasons why derived faults are legal, so that no check may fail on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.formats.yaml_file import read_yaml
from wireproof.proof.unseen.derived_fault import DerivedFault

LEGAL_FILE = "wireproof/proof/unseen/legal.yaml"
ANY = ("*",)


@dataclass(frozen=True, slots=True)
class LegalReason:
    """One reason, and the derived faults that it is about; each part is a list of patterns with `*`.

    Attributes:
        kinds: patterns of `ENDPOINT:FORM`.
        cases: the cases that it is about, for a place whose meaning the request decides.
        refuses: True if it is only about faults by which a good answer becomes a refusal.
    """

    reason: str
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    places: tuple[str, ...]
    cases: tuple[str, ...] = ANY
    contracts: tuple[str, ...] = ANY
    refuses: bool = False

    def covers(self, provider: str, case: str, fault: DerivedFault, *, refused: bool = False) -> bool:
        """True if the reason is about this fault at this case, where a good answer may become a refusal."""
        if self.refuses and not refused:
            return False
        parts = (
            (fault.family, self.classes),
            (f"{fault.kind.endpoint}:{fault.kind.form}", self.kinds),
            (fault.place, self.places),
            (case, self.cases),
            (provider, self.contracts),
        )
        return all(any(fnmatchcase(text, pattern) for pattern in patterns) for text, patterns in parts)


@cache
def read_legal_reasons() -> tuple[LegalReason, ...]:
    """The reasons of the file; raises ConfigError for a mistake in it."""
    return legal_reasons_from_data(read_yaml(data_files.PACKAGE_FOLDER / "proof" / "unseen" / "legal.yaml"))


def legal_reasons_from_data(rows: Any) -> tuple[LegalReason, ...]:
    """The reasons from the rows of the file; raises ConfigError for a row of another form."""
    schemas.check_format(rows, "legal-unseen", LEGAL_FILE)
    return tuple(
        LegalReason(
            row["reason"],
            tuple(row["classes"]),
            tuple(row["kinds"]),
            tuple(row["places"]),
            tuple(row.get("cases", ANY)),
            tuple(row.get("contracts", ANY)),
            row.get("refuses", False),
        )
        for row in rows
    )


def find_reason(provider: str, case: str, fault: DerivedFault, reasons: Sequence[LegalReason], *, refused: bool) -> str:
    """The first reason that is about a fault; empty if there is none."""
    return next((one.reason for one in reasons if one.covers(provider, case, fault, refused=refused)), "")
