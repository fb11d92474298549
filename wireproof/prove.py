"""Judging the judge: which fault breaks which judgement, computed on the bundled mock.

The faultless mock breaks nothing. Each fault is committed on every case it touches, and what it breaks is
compared with the verdicts of the faultless run. A check that no fault breaks is not a check.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wireproof import aim, bundled, config
from wireproof.case import Case
from wireproof.courier import Courier, Evidence
from wireproof.docket import Entry
from wireproof.errors import ConfigError
from wireproof.mock.faults import Fault, faults
from wireproof.provider import Provider
from wireproof.suites import load_checks
from wireproof.target import Deadlines, Target
from wireproof.trial import Trial, open_trial
from wireproof.verdict import Verdict
from wireproof.wire import Wire

FAULT_HEADER = "X-Wireproof-Fault"
# Faults that leave a connection open are told by the idle deadline, so it is short; the mock answers at once.
DEADLINES = Deadlines(connect=5.0, first_byte=1.0, idle=0.7, total=10.0)
CONNECTIONS = 64

Broken = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Proof:
    """The kill matrix.

    Attributes:
        matrix: fault → provider → check → the cases on which it broke.
        alarms: failures on the faultless mock, as sentences.
        checks: every registered check.
    """

    matrix: Mapping[str, Broken]
    alarms: tuple[str, ...]
    checks: tuple[str, ...]

    @property
    def caught(self) -> tuple[str, ...]:
        """The faults that break at least one judgement."""
        return tuple(fault for fault, broken in self.matrix.items() if broken)

    @property
    def never_broken(self) -> tuple[str, ...]:
        """The checks that no fault breaks."""
        broken = {check for by in self.matrix.values() for checks in by.values() for check in checks}
        return tuple(check for check in self.checks if check not in broken)

    @property
    def holds(self) -> bool:
        """Every fault is caught and the faultless mock raises no alarm."""
        return len(self.caught) == len(self.matrix) and not self.alarms

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        matrix = {
            fault: sorted({check for checks in by.values() for check in checks}) for fault, by in self.matrix.items()
        }
        return {
            "faults": len(self.matrix),
            "caught": len(self.caught),
            "false_alarms": len(self.alarms),
            "checks": len(self.checks),
            "checks_never_broken": list(self.never_broken),
            "matrix": matrix,
        }

    def as_committed(self) -> str:
        """The exact matrix, down to the case, as it is committed."""
        return json.dumps(self.matrix, indent=1, sort_keys=True) + "\n"

    def as_text(self) -> str:
        """The matrix for people."""
        lines = [f"{fault:<36} {_words(broken)}" for fault, broken in self.matrix.items()]
        lines += [f"false alarm: {alarm}" for alarm in self.alarms]
        lines += [f"no fault breaks {check}" for check in self.never_broken]
        lines.append(
            f"{len(self.caught)} of {len(self.matrix)} faults caught, {len(self.alarms)} false alarms, "
            f"{len(self.checks) - len(self.never_broken)} of {len(self.checks)} checks broken by some fault"
        )
        return "\n".join(lines)


def prove(providers: Sequence[str] = (), only: Sequence[str] = ()) -> Proof:
    """Commit each fault on the bundled mock and see what breaks.

    Raises ConfigError for a provider or a fault that does not exist.
    """
    chosen = _chosen(faults(), only)
    known = config.load_providers()
    targets = aim.targets(aim.Aim(providers=tuple(providers)), {})
    checks = load_checks()
    with bundled.mock() as urls:
        trials = [
            open_trial(replace(aim.at_address(target, urls[target.name]), deadlines=DEADLINES), known, checks)
            for target in targets
        ]
        return asyncio.run(_prove(trials, chosen, tuple(sorted(checks))))


async def _prove(trials: Iterable[Trial], chosen: Sequence[Fault], checks: tuple[str, ...]) -> Proof:
    matrix: dict[str, Broken] = {fault.id: {} for fault in chosen if not fault.harmless}
    alarms: list[str] = []
    for trial in trials:
        stand = _Stand(trial)
        alarms += await stand.faultless()
        for fault in chosen:
            broken = await stand.broken_by(fault)
            if broken and fault.harmless:
                alarms.append(f"{trial.target.name}, {fault.id} is within the rules, yet: {_words({'': broken})}")
            elif broken:
                matrix[fault.id][trial.target.name] = broken
    return Proof(matrix, tuple(alarms), checks)


class _Stand:
    """One target's own column, judged again and again."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._target: Target = replace(trial.target, connections=CONNECTIONS)
        self._column: Provider = trial.target.provider
        self._entries = [entry for entry in trial.entries if entry.provider == self._column.name]
        self._cases = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._evidence: Evidence = {}
        self._passing: list[Entry] = []

    async def faultless(self) -> list[str]:
        """Judge the faultless mock; every failure is a false alarm."""
        self._evidence = await self._send(self._target, self._cases.values())
        judged = [(entry, self._judge(entry, self._evidence)) for entry in self._entries]
        self._passing = [entry for entry, verdict in judged if verdict.outcome == "pass"]
        alarms = [verdict for _, verdict in judged if verdict.outcome in ("fail", "error")]
        return [f"{v.target} {v.check} {v.case}: {v.message}" for v in alarms]

    async def broken_by(self, fault: Fault) -> dict[str, list[str]]:
        """Check → cases that pass without the fault and fail with it."""
        touched = {name: case for name, case in self._cases.items() if _touches(fault, case)}
        if not touched:
            return {}
        target = replace(self._target, headers={FAULT_HEADER: fault.id})
        evidence = {**self._evidence, **await self._send(target, touched.values())}
        broken: dict[str, list[str]] = {}
        for entry in self._passing:
            if any(name in touched for _, name in entry.cases) and self._judge(entry, evidence).outcome == "fail":
                broken.setdefault(entry.check, []).append(entry.case)
        return {check: sorted(cases) for check, cases in sorted(broken.items())}

    async def _send(self, target: Target, cases: Iterable[Case]) -> Evidence:
        async with Wire(target.connections, target.deadlines) as wire:
            courier = Courier(target, wire)
            await courier.send_all(cases)
            return courier.evidence

    def _judge(self, entry: Entry, evidence: Evidence) -> Verdict:
        return self._trial.bench(entry.provider).judge(entry, evidence)


def _touches(fault: Fault, case: Case) -> bool:
    return "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in case.asks)


def _chosen(known: Mapping[str, Fault], only: Sequence[str]) -> tuple[Fault, ...]:
    for name in only:
        if name not in known:
            raise ConfigError(f"--fault {name}", "no such fault", "see `wireproof faults`")
    return tuple(fault for name, fault in known.items() if not only or name in only)


def _words(broken: Broken) -> str:
    checks = sorted({check for by in broken.values() for check in by})
    return ", ".join(checks) if checks else "NOT CAUGHT"
