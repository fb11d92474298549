"""Reader of ledgers, complete or truncated."""

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
    """Stored facts of one case in one turn.

    Attributes:
        exchanges: exchanges in order.
        answered: step → true if its exchange is stored, false if only its intent is.
        ended: true if the case sent its last request.
        unsent: why the case was not sent; None if it was.
        digest: digest of the case when it was sent.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    answered: dict[int, bool] = field(default_factory=dict)
    ended: bool = False
    unsent: NotSent | None = None
    digest: str = ""

    @property
    def is_open(self) -> bool:
        """True if a request was announced and its exchange is missing; a server may have served it."""
        return not all(self.answered.values())


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A ledger in memory.

    Attributes:
        header: the first line.
        accounts: (target, turn, case) → stored facts.
        verdicts: verdicts that the run wrote.
        cut: place and reason of the truncation, as a sentence; None if the run ended by itself.
    """

    header: Mapping[str, Any]
    accounts: Mapping[tuple[str, int, str], StoredCase]
    verdicts: tuple[Mapping[str, Any], ...]
    cut: str | None


def read_ledger(file: Path) -> StoredRun:
    """Reads a ledger up to its end or truncation; raises LedgerError if the file is not a ledger."""
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
        raise LedgerError(f"{file}: a line is not in the ledger format ({error!r})") from None
    return StoredRun(header, accounts, tuple(verdicts), cut)


def _add_fact(accounts: dict[tuple[str, int, str], StoredCase], fact: Mapping[str, Any]) -> None:
    if fact["kind"] not in ("intent", "exchange", "unsent"):
        return
    key = (fact["target"], fact["turn"], fact["case"])
    stored = accounts.setdefault(key, StoredCase())
    if fact["kind"] == "intent" and fact["attempt"] == 1 and fact["step"] in stored.answered:
        # A case that starts again replaces its earlier facts.
        stored = accounts[key] = StoredCase()
    if fact["kind"] == "unsent":
        stored.answered.clear()
        stored.unsent = NotSent(fact["outcome"], fact["reason"])
        return
    stored.answered[fact["step"]] = fact["kind"] == "exchange"
    if fact["kind"] == "exchange":
        stored.exchanges.append(exchange_from_json(fact))
        stored.ended, stored.digest = fact["last"], fact["asked"]


def read_facts(file: Path) -> Iterator[dict[str, Any]]:
    """Yields the lines of a ledger; raises LedgerError at a broken line or a missing footer."""
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
    """Yields each line as a fact; skips a torn line that a resumed run follows."""
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
        raise LedgerError(f"{place}: it is not a line of a ledger")
    if last is None and fact["kind"] != "header":
        raise LedgerError(f"{place}: it is not a header; the start of the ledger is missing")
    if last is None and fact.get("format") not in READABLE_FORMATS:
        raise LedgerError(f"{place}: {_foreign_format_text(fact)}")
    if last == "footer":
        raise LedgerError(f"{place}: it comes after the footer")


def _foreign_format_text(header: Mapping[str, Any]) -> str:
    """Error text for a ledger of another format version."""
    version, readable = header.get("wireproof"), " or ".join(map(str, READABLE_FORMATS))
    remedy = f"; read it with wireproof {version}, which wrote it" if isinstance(version, str) else ""
    return f"its format is {header.get('format')!r}, this version reads {readable}{remedy}"


def _parse_line(line: bytes) -> dict[str, Any] | None:
    """A line as an object; None if it is not JSON."""
    try:
        fact = json.loads(line)
    except ValueError:
        return None
    return fact if isinstance(fact, dict) else {}
