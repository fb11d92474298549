"""Generated entries of a docket, explored on the bundled server without a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given

from wireproof.client.sender import ChannelPool, Sender
from wireproof.contract import loading, target_options
from wireproof.contract.case import endpoint_from_case_name
from wireproof.contract.target import Target
from wireproof.generation.families import strategies_by_case
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.hypothesis_settings import WIDE_EXAMPLES, GenerationSettings
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.request_runner import RequestRunner
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.judging.check import Violation
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.target_run import TargetRun, open_target_run

EFFORT = GenerationSettings(WIDE_EXAMPLES, shrink=True, same=True)


def target_of(provider: str, fault: str | None) -> Target:
    """The bundled server's profile of a provider, which commits a fault on every request."""
    (target,) = target_options.mock_targets(provider)
    target = target_options.with_address(target, f"http://mock{target.provider.serve_at}")
    return target if fault is None else replace(target, headers={FAULT_HEADER: fault})


@cache
def fault_free(provider: str) -> TargetRun:
    return open_target_run(target_of(provider, None), loading.load_providers(), load_checks())


def target_run_of(provider: str, fault: str | None) -> TargetRun:
    """A run of that server; the documents ask the same under every fault, so it is put together once."""
    known = fault_free(provider)
    return TargetRun(target_of(provider, fault), known.columns, known.cases, known.checks, known.entries)


def entry_of(trial: TargetRun, check: str, case: str) -> PlannedVerdict:
    """The one entry of the target's own column that has this check judge this case."""
    own = [one for one in trial.entries if one.provider == trial.target.provider.name]
    (entry,) = [one for one in own if (one.check, one.case) == (check, case)]
    return entry


@pytest.fixture(name="explored", scope="session")
def _explored() -> Callable[..., RequestRunner]:
    """What the requests of a family come to under a fault."""

    def explore(check: str, case: str, fault: str | None, provider: str = "openai") -> RequestRunner:
        trial = target_run_of(provider, fault)
        target = trial.target
        line: ChannelPool = InProcessPool(target.provider)
        draft = RequestFactory(target.provider, endpoint_from_case_name(case))
        entry, courier = entry_of(trial, check, case), Sender(target, line)
        exploration = RequestRunner(trial.judge_for(entry.provider), entry, load_checks()[check], courier, draft)
        with asyncio.Runner() as runner:

            @given(probe=strategies_by_case(target.provider)[case])
            def attempt(probe: GeneratedRequest) -> None:
                runner.run(exploration.judge_request(probe))

            _until_broken(EFFORT.apply_to(attempt, case))
        return exploration

    return explore


@pytest.fixture(name="exercised", scope="session")
def _exercised() -> Callable[..., SequenceRunner]:
    """What the talks of a stateful case come to under a fault."""

    def exercise(check: str, case: str, fault: str | None, provider: str, talks: int = WIDE_EXAMPLES) -> SequenceRunner:
        trial = target_run_of(provider, fault)
        target = trial.target
        entry, line = entry_of(trial, check, case), InProcessPool(target.provider)
        made = SequenceRunner(trial.judge_for(entry.provider), entry, load_checks()[check], Sender(target, line))
        _until_broken(lambda: asyncio.run(made.run(replace(EFFORT, examples=talks), case)))
        return made

    return exercise


def _until_broken(work: Callable[[], Any]) -> None:
    try:
        work()
    except Violation:
        return
