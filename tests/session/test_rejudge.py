"""Stored evidence gives the same verdicts as live evidence, on every profile and under a sample of the faults.

`.ci/judge` runs the tests of all profiles, and then injects all faults.
"""

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

pytestmark = pytest.mark.slow

PROVIDERS = tuple(loading.load_providers())
# The two profiles of the gate, those with the most and the fewest clauses.
GATED = ("openai", "iotex")
# One case of each form of a response; a fault is injected on those of its endpoints.
SAMPLED = 180
FORMS = ("models-list", "chat-basic", "chat-basic-stream", "chat-tools-stream", "embeddings-one", "models-without-key")


each_provider = pytest.mark.parametrize(
    "provider", [pytest.param(name, marks=() if name in GATED else pytest.mark.whole) for name in PROVIDERS]
)


def open_run(provider: str) -> tuple[TargetRun, Target]:
    (target,) = target_options.mock_targets(provider)
    target = target_options.with_address(target, f"http://127.0.0.1:1{target.provider.serve_at}")
    return open_target_run(target, loading.load_providers(), load_checks()), target


async def send(target_run: TargetRun, target: Target, names: Iterable[str], file: Path | None) -> Evidence:
    """The results of these cases without a connection, recorded in a ledger if a file is given."""
    ledger = Ledger(Redactor.from_secrets(target.secrets))
    if file is not None:
        ledger.open(file, ledger_header("0", file.name, "2026-01-01T00:00:00+00:00", False, [(target, 0)]))
    server, record = InProcessPool(target.provider), LedgerRecorder(ledger, target.name)
    evidence: dict[str, CaseResult] = {}
    for name in names:
        server.begin_case()
        evidence[name] = await Sender(target, server, record).send(target_run.cases[name])
    ledger.write_footer(len(evidence), 0, 0)
    ledger.close()
    return evidence


def verdicts_on(target_run: TargetRun, evidence: Evidence) -> dict[tuple[str, str, str], Verdict]:
    """The verdicts of all planned verdicts whose cases are in the evidence."""
    target_run.take_evidence((evidence,))
    complete = [planned for planned in target_run.entries if all(case in evidence for _, case in planned.cases)]
    return {(planned.provider, planned.check, planned.case): target_run.judge(planned) for planned in complete}


def stored_verdicts(file: Path) -> dict[tuple[str, str, str], Verdict]:
    run, stored = rejudge(file)
    assert stored.cut is None
    return {(verdict.provider, verdict.check, verdict.case): verdict for verdict in run.verdicts}


@each_provider
def test_a_ledger_gives_the_verdicts_of_its_run(provider: str, tmp_path: Path) -> None:
    target_run, target = open_run(provider)
    names = {name: None for planned in target_run.entries for _, name in planned.cases if name in target_run.cases}
    evidence = asyncio.run(send(target_run, target, names, tmp_path / "ledger.jsonl"))
    fresh = verdicts_on(target_run, evidence)
    assert len(fresh) == sum(not is_generated(planned.case) for planned in target_run.entries)
    assert stored_verdicts(tmp_path / "ledger.jsonl") == fresh


@each_provider
def test_a_ledger_gives_the_verdicts_of_every_fault(provider: str, tmp_path: Path) -> None:
    target_run, target = open_run(provider)
    names = [name for name in FORMS if name in target_run.cases and _offered(target_run, name)]
    plain = verdicts_on(target_run, asyncio.run(send(target_run, target, names, None)))
    broken = 0
    # Each profile takes another sample of the catalogue.
    for fault in list(faults().values())[PROVIDERS.index(provider) :: SAMPLED]:
        if not _touches(fault.endpoints, target_run, names):
            continue
        target_run = without_results(target_run, target)
        file = tmp_path / f"{fault.id}.jsonl"
        evidence = asyncio.run(send(target_run, replace(target, headers={FAULT_HEADER: fault.id}), names, file))
        fresh = verdicts_on(target_run, evidence)
        broken += fresh != plain
        assert stored_verdicts(file) == fresh, fault.id
    assert broken


def without_results(target_run: TargetRun, target: Target) -> TargetRun:
    return TargetRun(target, target_run.columns, target_run.cases, target_run.checks, target_run.entries)


def _offered(target_run: TargetRun, name: str) -> bool:
    return target_run.cases[name].endpoint in target_run.columns[0].provider.endpoints


def _touches(endpoints: Iterable[str], target_run: TargetRun, names: Iterable[str]) -> bool:
    return "*" in endpoints or any(target_run.cases[name].endpoint in endpoints for name in names)


def test_a_verdict_that_differs_from_the_stored_one_is_reported(tmp_path: Path) -> None:
    target_run, target = open_run("iio")
    file = tmp_path / "ledger.jsonl"
    verdict = verdicts_on(target_run, asyncio.run(send(target_run, target, ["models-list"], file)))[
        "wire", "wire.http", "models-list"
    ]
    whole = file.read_text(encoding="utf-8").splitlines()
    ledger = Ledger(Redactor.from_secrets([]))
    file.write_text("\n".join(whole[:-1]) + "\n", encoding="utf-8")
    ledger.resume(file, "later")
    ledger.write_verdict(replace(verdict, outcome="fail").as_data())
    ledger.write_footer(1, 1, 1)
    ledger.close()
    assert changed_verdicts(*rejudge(file)) == [
        "iio, wire.http on models-list by the wire contract: fail then, pass now"
    ]


def test_an_unknown_provider_of_a_ledger_is_an_error(tmp_path: Path) -> None:
    target_run, target = open_run("iio")
    file = tmp_path / "ledger.jsonl"
    asyncio.run(send(target_run, target, ["models-list"], file))
    file.write_text(file.read_text(encoding="utf-8").replace('"provider": "iio"', '"provider": "mine"', 1), "utf-8")
    with pytest.raises(loading.ConfigError, match="provider 'mine' of the ledger: it is not known"):
        rejudge(file)


def test_rejudging_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target_run, target = open_run("iio")
    file = tmp_path / "ledger.jsonl"
    asyncio.run(send(target_run, target, ["models-list"], file))

    def refuse(*arguments: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket", refuse)
    verdicts: Mapping[tuple[str, str, str], Verdict] = stored_verdicts(file)
    assert verdicts
