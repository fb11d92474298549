"""One run as it is compared with another: its verdicts by what they judge, and its times by what was asked."""

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
    """One of the two runs.

    Attributes:
        own: target name → the provider whose document is its own contract.
    """

    name: str
    verdicts: Mapping[VerdictKey, Verdict]
    own: Mapping[str, str]
    times: TimesByRequest = field(default_factory=dict)


def read_snapshot(file: Path) -> RunSnapshot:
    """A run from its report.json, its folder or its ledger; times come from the ledger beside the report."""
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
        raise LedgerError(f"{file}: the run did not come to its end; finish it by --resume")
    beside = file.with_name(LEDGER_FILE)
    return RunSnapshot(
        str(file), _verdicts_by_key(data["verdicts"]), _own_contracts(data), _read_times(beside, data["started"])
    )


def with_target_name(before: RunSnapshot, after: RunSnapshot) -> RunSnapshot:
    """The earlier run under the later one's name, where each has one target and they are not called alike."""
    if len(before.own) != 1 or len(after.own) != 1 or before.own.keys() == after.own.keys():
        return before
    (name,) = after.own
    verdicts = {(name, *key[1:]): replace(verdict, target=name) for key, verdict in before.verdicts.items()}
    return RunSnapshot(before.name, verdicts, after.own, {(name, *key[1:]): t for key, t in before.times.items()})


def _snapshot_from_ledger(file: Path) -> RunSnapshot:
    held = read_ledger(file)
    if held.cut is not None:
        raise LedgerError(f"{held.cut}; finish it by --resume")
    return RunSnapshot(
        str(file),
        _verdicts_by_key(held.verdicts),
        _own_contracts(held.header),
        _read_times(file, held.header["started"]),
    )


def _own_contracts(told: Mapping[str, Any]) -> dict[str, str]:
    return {target["name"]: target["provider"] for target in told["targets"]}


def _verdicts_by_key(verdicts: Iterable[Mapping[str, Any]]) -> dict[VerdictKey, Verdict]:
    return {_verdict_key(verdict): verdict for verdict in map(Verdict.from_data, verdicts)}


def _verdict_key(verdict: Verdict) -> VerdictKey:
    return (verdict.target, verdict.provider, verdict.check, verdict.case)


def _read_times(file: Path, started: str) -> TimesByRequest:
    """The times in the ledger of the run that started then; none where it is another's or is not there."""
    try:
        held = read_ledger(file)
    except LedgerError:
        return {}
    if held.header["started"] != started:
        return {}
    return {
        (target, sent.endpoint, case, turn, sent.step): times_in_ms(sent)
        for (target, turn, case), account in held.accounts.items()
        for sent in account.exchanges
    }
