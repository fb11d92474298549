"""Reading a ledger: its lines, and what it holds of each target, whole or cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.evidence.exchange_json import exchange_from_json

READABLE_FORMATS = (1,)
NO_FOOTER = "it has no footer; the run was cut off"


@dataclass(slots=True)
class StoredCase:
    """What a ledger holds of one case at one turn.

    Attributes:
        answered: step that was announced → its exchange is here.
        ended: nothing more was to come.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    answered: dict[int, bool] = field(default_factory=dict)
    ended: bool = False
    unsent: NotSent | None = None
    digest: str = ""

    @property
    def is_open(self) -> bool:
        """A request was announced that may have been served."""
        return not all(self.answered.values())


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A ledger that was read.

    Attributes:
        accounts: (target, turn, case) → what there is of it.
        verdicts: the verdicts that were reached when it was written.
        cut: where and why it is incomplete, as a sentence; None where the run ended by itself.
    """

    header: Mapping[str, Any]
    accounts: Mapping[tuple[str, int, str], StoredCase]
    verdicts: tuple[Mapping[str, Any], ...]
    cut: str | None


def read_ledger(file: Path) -> StoredRun:
    """Read a ledger as far as it goes; raises LedgerError for a file that is none."""
    lines = iter(read_facts(file))
    try:
        header = next(lines)
    except (LedgerError, StopIteration) as error:
        raise LedgerError(str(error) or f"{file}: it is empty") from None
    accounts: dict[tuple[str, int, str], StoredCase] = {}
    verdicts: list[Mapping[str, Any]] = []
    cut = None
    try:
        for fact in lines:
            if fact["kind"] == "verdict":
                verdicts.append(fact["verdict"])
            elif fact["kind"] == "resumed":
                verdicts.clear()
            else:
                _add_fact(accounts, fact)
    except LedgerError as error:
        cut = str(error)
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"{file}: a line does not keep the format of ledgers ({error!r})") from None
    return StoredRun(header, accounts, tuple(verdicts), cut)


def _add_fact(accounts: dict[tuple[str, int, str], StoredCase], fact: Mapping[str, Any]) -> None:
    if fact["kind"] not in ("intent", "exchange", "unsent"):
        return
    key = (fact["target"], fact["turn"], fact["case"])
    account = accounts.setdefault(key, StoredCase())
    if fact["kind"] == "intent" and fact["attempt"] == 1 and fact["step"] in account.answered:
        # A case that begins again leaves nothing of what was there.
        account = accounts[key] = StoredCase()
    if fact["kind"] == "unsent":
        account.answered.clear()
        account.unsent = NotSent(fact["outcome"], fact["reason"])
        return
    account.answered[fact["step"]] = fact["kind"] == "exchange"
    if fact["kind"] == "exchange":
        account.exchanges.append(exchange_from_json(fact))
        account.ended, account.digest = fact["last"], fact["asked"]


def read_facts(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a whole ledger; LedgerError names the line where it is none, and a missing footer."""
    last = None
    try:
        with file.open("rb") as lines:
            for fact in _parse_lines(lines, file):
                last = fact["kind"]
                yield fact
    except OSError as error:
        raise LedgerError(f"{file}: it cannot be read ({error.strerror})") from None
    if last != "footer":
        raise LedgerError(f"{file}: {NO_FOOTER}")


def _parse_lines(lines: Iterable[bytes], file: Path) -> Iterator[dict[str, Any]]:
    """Each line as a fact; a torn one is passed over where a run was resumed behind it."""
    last, torn = None, None
    for number, line in enumerate(lines, 1):
        place = f"{file}, line {number}"
        fact = _parse_line(line)
        if torn is not None and (fact is None or fact["kind"] != "resumed"):
            break
        if fact is None:
            torn = f"{place}: it is not JSON; the run was cut off there"
            continue
        _check_order(fact, place, last)
        last, torn = fact["kind"], None
        yield fact
    if torn is not None:
        raise LedgerError(torn)


def _check_order(fact: Mapping[str, Any], place: str, last: str | None) -> None:
    if "kind" not in fact:
        raise LedgerError(f"{place}: it is no line of a ledger")
    if last is None and fact["kind"] != "header":
        raise LedgerError(f"{place}: it is not a header; the ledger starts later than its run")
    if last is None and fact.get("format") not in READABLE_FORMATS:
        raise LedgerError(f"{place}: {_foreign_format_text(fact)}")
    if last == "footer":
        raise LedgerError(f"{place}: it stands behind the footer")


def _foreign_format_text(header: Mapping[str, Any]) -> str:
    """What to do with a ledger that another version wrote."""
    by, reads = header.get("wireproof"), " or ".join(map(str, READABLE_FORMATS))
    remedy = f"; wireproof {by} wrote it and reads it" if isinstance(by, str) else ""
    return f"its format is {header.get('format')!r}, this version reads {reads}{remedy}"


def _parse_line(line: bytes) -> dict[str, Any] | None:
    """A line as data; None where it is not JSON."""
    try:
        fact = json.loads(line)
    except ValueError:
        return None
    return fact if isinstance(fact, dict) else {}
