"""One of two runs to compare: its verdicts by target, contract, check and case, and its times by request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import LedgerError
from wireproof.evidence.ledger_reader import read_ledger
from wireproof.judging.verdict import Verdict
from wireproof.report.compare.latency_change import TimesByRequest, times_in_ms
from wireproof.report.finished_run import LEDGER_FILE, REPORT_FILE

VerdictKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """One of two runs to compare.

    Attributes:
        name: the file it was read from.
        own: target name → the provider whose document is its own contract.
        times: the latencies of each request; empty without a ledger.
    """

    name: str
    verdicts: Mapping[VerdictKey, Verdict]
    own: Mapping[str, str]
    times: TimesByRequest = field(default_factory=dict)


def read_snapshot(file: Path) -> RunSnapshot:
    """Reads a run from its report.json, its folder or its ledger; the times come from the ledger beside the report.

    Raises LedgerError if the file cannot be read or the run is incomplete.
    """
    file = file / REPORT_FILE if file.is_dir() else file
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"{file}: it cannot be read ({error.strerror})") from None
    except ValueError:
        return _snapshot_from_ledger(file)
    if not isinstance(data, dict) or data.get("kind") == "header":
        return _snapshot_from_ledger(file)
    schemas.check_format(data, "report", str(file))
    if not data["complete"]:
        raise LedgerError(f"{file}: the run is incomplete; finish it with --resume")
    ledger = file.with_name(LEDGER_FILE)
    return RunSnapshot(
        str(file), _verdicts_by_key(data["verdicts"]), _own_contracts(data), _read_times(ledger, data["started"])
    )


def with_target_name(before: RunSnapshot, after: RunSnapshot) -> RunSnapshot:
    """The earlier run with the target name of the later one, if each has one target; else unchanged."""
    if len(before.own) != 1 or len(after.own) != 1 or before.own.keys() == after.own.keys():
        return before
    (name,) = after.own
    verdicts = {(name, *key[1:]): replace(verdict, target=name) for key, verdict in before.verdicts.items()}
    return RunSnapshot(before.name, verdicts, after.own, {(name, *key[1:]): t for key, t in before.times.items()})


def _snapshot_from_ledger(file: Path) -> RunSnapshot:
    ledger = read_ledger(file)
    if ledger.cut is not None:
        raise LedgerError(f"{ledger.cut}; finish it with --resume")
    return RunSnapshot(
        str(file),
        _verdicts_by_key(ledger.verdicts),
        _own_contracts(ledger.header),
        _read_times(file, ledger.header["started"]),
    )


def _own_contracts(data: Mapping[str, Any]) -> dict[str, str]:
    return {target["name"]: target["provider"] for target in data["targets"]}


def _verdicts_by_key(verdicts: Iterable[Mapping[str, Any]]) -> dict[VerdictKey, Verdict]:
    return {_verdict_key(verdict): verdict for verdict in map(Verdict.from_data, verdicts)}


def _verdict_key(verdict: Verdict) -> VerdictKey:
    return (verdict.target, verdict.provider, verdict.check, verdict.case)


def _read_times(file: Path, started: str) -> TimesByRequest:
    """The times in a ledger; empty if the file is missing or belongs to a run with another start."""
    try:
        ledger = read_ledger(file)
    except LedgerError:
        return {}
    if ledger.header["started"] != started:
        return {}
    return {
        (target, exchange.endpoint, case, turn, exchange.step): times_in_ms(exchange)
        for (target, turn, case), account in ledger.accounts.items()
        for exchange in account.exchanges
    }
