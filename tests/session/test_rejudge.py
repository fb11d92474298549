"""Stored evidence gives the verdicts that were reached when it was fresh, on every profile and under every fault."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from wireproof.client.sender import Sender
from wireproof.contract import loading, target_options
from wireproof.contract.case import is_generated
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.faults import faults
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.ledger_recorder import LedgerRecorder, ledger_header
from wireproof.session.rejudge import changed_verdicts, rejudge
from wireproof.session.target_run import TargetRun, open_target_run

PROVIDERS = tuple(loading.load_providers())
# One case of each form an answer has; a fault is committed on the ones it touches.
SAMPLED = 180
FORMS = ("models-list", "chat-basic", "chat-basic-stream", "chat-tools-stream", "embeddings-one", "models-without-key")


def opened(provider: str) -> tuple[TargetRun, Target]:
    (target,) = target_options.mock_targets(provider)
    target = target_options.with_address(target, f"http://127.0.0.1:1{target.provider.serve_at}")
    return open_target_run(target, loading.load_providers(), load_checks()), target


async def gathered(trial: TargetRun, target: Target, names: Iterable[str], file: Path | None) -> Evidence:
    """What comes of these cases without a connection, on record where a file is named."""
    ledger = Ledger(Redactor.from_secrets(target.secrets))
    if file is not None:
        ledger.open(file, ledger_header("0", file.name, "2026-01-01T00:00:00+00:00", False, [target]))
    server, record = InProcessPool(target.provider), LedgerRecorder(ledger, target.name)
    evidence: dict[str, CaseResult] = {}
    for name in names:
        server.begin_case()
        evidence[name] = await Sender(target, server, record).send(trial.cases[name])
    ledger.write_footer(len(evidence), 0, 0)
    ledger.close()
    return evidence


def judged(trial: TargetRun, evidence: Evidence) -> dict[tuple[str, str, str], Verdict]:
    """The verdicts of all entries whose cases are there."""
    trial.take_evidence((evidence,))
    there = [entry for entry in trial.entries if all(case in evidence for _, case in entry.cases)]
    return {(entry.provider, entry.check, entry.case): trial.judge(entry) for entry in there}


def again(file: Path) -> dict[tuple[str, str, str], Verdict]:
    run, held = rejudge(file)
    assert held.cut is None
    return {(verdict.provider, verdict.check, verdict.case): verdict for verdict in run.verdicts}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_ledger_gives_the_verdicts_of_its_run(provider: str, tmp_path: Path) -> None:
    trial, target = opened(provider)
    names = {name: None for entry in trial.entries for _, name in entry.cases if name in trial.cases}
    evidence = asyncio.run(gathered(trial, target, names, tmp_path / "ledger.jsonl"))
    fresh = judged(trial, evidence)
    assert len(fresh) == sum(not is_generated(entry.case) for entry in trial.entries)
    assert again(tmp_path / "ledger.jsonl") == fresh


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_ledger_gives_the_verdicts_of_every_fault(provider: str, tmp_path: Path) -> None:
    trial, target = opened(provider)
    names = [name for name in FORMS if name in trial.cases and _offered(trial, name)]
    plain = judged(trial, asyncio.run(gathered(trial, target, names, None)))
    broken = 0
    # Every profile another sample, spread over the whole catalogue: all forms of being wrong, none six times.
    for fault in list(faults().values())[PROVIDERS.index(provider) :: SAMPLED]:
        if not _touches(fault.endpoints, trial, names):
            continue
        trial, _ = opened_again(trial, target)
        file = tmp_path / f"{fault.id}.jsonl"
        evidence = asyncio.run(gathered(trial, replace(target, headers={FAULT_HEADER: fault.id}), names, file))
        fresh = judged(trial, evidence)
        broken += fresh != plain
        assert again(file) == fresh, fault.id
    assert broken


def opened_again(trial: TargetRun, target: Target) -> tuple[TargetRun, Target]:
    return TargetRun(target, trial.columns, trial.cases, trial.checks, trial.entries), target


def _offered(trial: TargetRun, name: str) -> bool:
    return trial.cases[name].endpoint in trial.columns[0].endpoints


def _touches(endpoints: Iterable[str], trial: TargetRun, names: Iterable[str]) -> bool:
    return "*" in endpoints or any(trial.cases[name].endpoint in endpoints for name in names)


def test_what_is_judged_otherwise_today_is_told(tmp_path: Path) -> None:
    trial, target = opened("iio")
    file = tmp_path / "ledger.jsonl"
    verdict = judged(trial, asyncio.run(gathered(trial, target, ["models-list"], file)))[
        "iio", "wire.http", "models-list"
    ]
    whole = file.read_text(encoding="utf-8").splitlines()
    ledger = Ledger(Redactor.from_secrets([]))
    file.write_text("\n".join(whole[:-1]) + "\n", encoding="utf-8")
    ledger.resume(file, "later")
    ledger.write_verdict(replace(verdict, outcome="fail").as_data())
    ledger.write_footer(1, 1, 1)
    ledger.close()
    assert changed_verdicts(*rejudge(file)) == [
        "iio, wire.http on models-list by the iio contract: fail then, pass now"
    ]


def test_a_provider_that_is_not_known_is_named(tmp_path: Path) -> None:
    trial, target = opened("iio")
    file = tmp_path / "ledger.jsonl"
    asyncio.run(gathered(trial, target, ["models-list"], file))
    file.write_text(file.read_text(encoding="utf-8").replace('"provider": "iio"', '"provider": "mine"', 1), "utf-8")
    with pytest.raises(loading.ConfigError, match="provider 'mine' of the ledger: it is not known"):
        rejudge(file)


def test_the_judgement_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, target = opened("iio")
    file = tmp_path / "ledger.jsonl"
    asyncio.run(gathered(trial, target, ["models-list"], file))

    def refuse(*given: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket", refuse)
    verdicts: Mapping[tuple[str, str, str], Verdict] = again(file)
    assert verdicts
