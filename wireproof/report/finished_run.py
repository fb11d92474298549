"""A finished run as reports read it: its report.json, and the exchanges of its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.judging.verdict import Verdict
from wireproof.report.report_json import FORMAT
from wireproof.report.terminal_summary import column_of

REPORT, LEDGER, RUNS = "report.json", "ledger.jsonl", "runs"


@dataclass(frozen=True)
class Facts:
    """One run.

    Attributes:
        report: the content of report.json.
        exchanges: (line of the ledger, exchange), in the order they were answered.
    """

    report: Mapping[str, Any]
    exchanges: tuple[tuple[int, Mapping[str, Any]], ...] = ()

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict of the run."""
        return tuple(Verdict.from_data(data) for data in self.report["verdicts"])

    @cached_property
    def gating(self) -> frozenset[int]:
        """The positions of the verdicts that fail the run."""
        return frozenset(self.report["gating"])

    @cached_property
    def own(self) -> dict[str, str]:
        """Target name → the provider whose document is its own contract."""
        return {target["name"]: target["provider"] for target in self.report["targets"]}

    @cached_property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(target, contract), each target's own contract first."""
        judged = {(verdict.target, verdict.provider): None for verdict in self.verdicts}
        places = {name: at for at, name in enumerate(self.own)}
        return tuple(sorted(judged, key=lambda pair: (places.get(pair[0], -1), pair[1] != self.own.get(pair[0]))))

    @cached_property
    def lines(self) -> dict[tuple[str, str], int]:
        """(target, case) → the line of the ledger that holds its last exchange."""
        return {(fact["target"], fact["case"]): line for line, fact in self.exchanges}

    def promise(self, target: str, contract: str) -> str:
        """What a column says of its target."""
        if contract != self.own.get(target):
            return "is OpenAI-compatible"
        return "keeps OpenAI's word" if contract == "openai" else "keeps its own word"

    def of(self, target: str, contract: str) -> Sequence[tuple[int, Verdict]]:
        """The verdicts of one column, each with its position."""
        return self._by_column.get((target, contract), ())

    @cached_property
    def _by_column(self) -> dict[tuple[str, str], list[tuple[int, Verdict]]]:
        columns: dict[tuple[str, str], list[tuple[int, Verdict]]] = {}
        for at, verdict in enumerate(self.verdicts):
            columns.setdefault((verdict.target, verdict.provider), []).append((at, verdict))
        return columns


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many verdicts there are of each column of the tables."""
    counted: dict[str, int] = {}
    for verdict in verdicts:
        name = column_of(verdict)
        counted[name] = counted.get(name, 0) + 1
    return counted


def ranked(facts: Facts) -> list[int]:
    """The positions of what a reader acts on: what fails the run, errors, then advice by its level."""
    weight = {"error": 1, "must": 2, "should": 3, "may": 4}
    found = [
        (0 if at in facts.gating else weight[column_of(verdict)], at)
        for at, verdict in enumerate(facts.verdicts)
        if at in facts.gating or verdict.outcome in ("fail", "error")
    ]
    return [at for _, at in sorted(found)]


def read_facts(place: Path) -> Facts:
    """The run whose report.json this is or lies in this folder; the ledger beside it gives the exchanges."""
    file = place / REPORT if place.is_dir() else place
    report = _json(file, file.read_bytes() if file.is_file() else None)
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise LedgerError(f"{file}: it is no report.json of format {FORMAT}; run that check again")
    return Facts(report, exchanges_in(file.parent / LEDGER))


def exchanges_in(file: Path) -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """(line, exchange) of a ledger, up to where it was cut off; none where there is no ledger."""
    found = []
    if file.is_file():
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.startswith(b'{"kind": "exchange"') and line.endswith(b"\n"):
                    found.append((number, _json(f"{file}, line {number}", line)))
    return tuple(found)


def _json(place: Path | str, text: bytes | None) -> Any:
    if text is None:
        raise LedgerError(f"{place}: there is no such report; name a report.json or the folder that holds it")
    try:
        return json.loads(text)
    except ValueError:
        raise LedgerError(f"{place}: it is not JSON") from None
