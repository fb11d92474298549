"""A finished run, as reports read it: its report.json, and the exchanges of its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wireproof.contract.clause import WIRE
from wireproof.errors import LedgerError
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.judging.decided_promises import DocumentPromises
from wireproof.judging.verdict import Verdict
from wireproof.report.column_words import column_name, outcome_column, promise_text
from wireproof.report.finding_groups import FAILS, FindingGroup, group_findings
from wireproof.report.report_json import REPORT_FORMAT

REPORT_FILE, LEDGER_FILE, RUNS_FOLDER = "report.json", "ledger.jsonl", "runs"


@dataclass(frozen=True)
class FinishedRun:
    """One finished run.

    Attributes:
        report: the content of report.json.
        exchanges: (line of the ledger, exchange) pairs, in the order of their responses.
    """

    report: Mapping[str, Any]
    exchanges: tuple[tuple[int, Mapping[str, Any]], ...] = ()

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict of the run."""
        return tuple(Verdict.from_data(data) for data in self.report["verdicts"])

    @cached_property
    def gating_positions(self) -> frozenset[int]:
        """The positions of the verdicts that fail the run."""
        return frozenset(self.report["gating"])

    @cached_property
    def own_contracts(self) -> dict[str, str]:
        """Target name → the provider whose document is its own contract."""
        return {target["name"]: target["provider"] for target in self.report["targets"]}

    @cached_property
    def promises(self) -> tuple[DocumentPromises, ...]:
        """The promises of each target, decided and open; empty for a report of an earlier version."""
        return tuple(DocumentPromises.from_data(data) for data in self.report.get("promises", ()))

    @property
    def left_out(self) -> int:
        """The number of verdicts of larger profiles, which the run left out."""
        return sum(target.get("left_out", 0) for target in self.report["targets"])

    @cached_property
    def findings(self) -> tuple[FindingGroup, ...]:
        """The causes behind the failures, errors and advice of the run, ranked."""
        return group_findings(self.verdicts, self.gating_positions, self.own_contracts)

    @cached_property
    def failing_findings(self) -> tuple[FindingGroup, ...]:
        """The causes that fail the run."""
        return tuple(group for group in self.findings if group.kind == FAILS)

    @cached_property
    def finding_ranks(self) -> dict[int, int]:
        """Position of a verdict → the rank of its cause; verdicts without a finding have none."""
        return {at: rank for rank, group in enumerate(self.findings) for at in group.positions}

    def repeat_command(self, group: FindingGroup) -> str:
        """The command that sends the request of the first case of a cause; empty if the ledger does not have it."""
        at = self._exchange_positions.get((group.target, group.cases[0].rpartition("+")[2]))
        return "" if at is None else curl_command(exchange_from_json(self.exchanges[at][1]).request)

    @cached_property
    def _exchange_positions(self) -> dict[tuple[str, str], int]:
        return {(fact["target"], fact["case"]): at for at, (_, fact) in enumerate(self.exchanges)}

    @property
    def too_little(self) -> Sequence[str]:
        """The reasons why too little was decided for exit code 0, in sentences."""
        sentences: Sequence[str] = self.report.get("too_little", ())
        return sentences

    @cached_property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The (target, contract) pairs, each target's own contract first, then the wire."""
        judged = {(verdict.target, verdict.provider): None for verdict in self.verdicts}
        places = {name: at for at, name in enumerate(self.own_contracts)}

        def place(pair: tuple[str, str]) -> tuple[int, int]:
            target, contract = pair
            first = (self.own_contracts.get(target), WIRE)
            return places.get(target, -1), first.index(contract) if contract in first else len(first)

        return tuple(sorted(judged, key=place))

    @cached_property
    def ledger_lines(self) -> dict[tuple[str, str], int]:
        """(target, case) → the line of the ledger that holds its last exchange."""
        return {(fact["target"], fact["case"]): line for line, fact in self.exchanges}

    def promise_text(self, target: str, contract: str) -> str:
        """The promise that a column judges, in words."""
        return promise_text(contract, self.own_contracts.get(target))

    def column_name(self, target: str, contract: str) -> str:
        """The name of a column in a few words."""
        return column_name(contract, self.own_contracts.get(target))

    def column_verdicts(self, target: str, contract: str) -> Sequence[tuple[int, Verdict]]:
        """The verdicts of one column, each with its position."""
        return self._by_column.get((target, contract), ())

    @cached_property
    def _by_column(self) -> dict[tuple[str, str], list[tuple[int, Verdict]]]:
        columns: dict[tuple[str, str], list[tuple[int, Verdict]]] = {}
        for at, verdict in enumerate(self.verdicts):
            columns.setdefault((verdict.target, verdict.provider), []).append((at, verdict))
        return columns


def count_by_column(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """The number of verdicts in each column of the outcome tables."""
    counted: dict[str, int] = {}
    for verdict in verdicts:
        name = outcome_column(verdict)
        counted[name] = counted.get(name, 0) + 1
    return counted


def read_finished_run(place: Path) -> FinishedRun:
    """Reads a run from its report.json or its folder, with the exchanges of the ledger beside it.

    Raises LedgerError if the report is missing or of another format.
    """
    file = place / REPORT_FILE if place.is_dir() else place
    report = _parse_json(file, file.read_bytes() if file.is_file() else None)
    if not isinstance(report, dict) or report.get("format") != REPORT_FORMAT:
        raise LedgerError(f"{file}: it is not a report.json of format {REPORT_FORMAT}; run the check again")
    return FinishedRun(report, read_exchanges(file.parent / LEDGER_FILE))


def read_exchanges(file: Path) -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """The (line, exchange) pairs of a ledger, up to where it was cut off; empty if there is no ledger."""
    exchanges = []
    if file.is_file():
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.startswith(b'{"kind": "exchange"') and line.endswith(b"\n"):
                    exchanges.append((number, _parse_json(f"{file}, line {number}", line)))
    return tuple(exchanges)


def _parse_json(place: Path | str, text: bytes | None) -> Any:
    if text is None:
        raise LedgerError(f"{place}: there is no such report; name a report.json or its folder")
    try:
        return json.loads(text)
    except ValueError:
        raise LedgerError(f"{place}: it is not JSON") from None
