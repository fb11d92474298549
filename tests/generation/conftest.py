"""Fixtures that run generated entries of a verdict plan on the bundled server, without a connection."""

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

SETTINGS = GenerationSettings(WIDE_EXAMPLES, shrink=True, same=True)


def target_of(provider: str, fault: str | None) -> Target:
    """The target of a provider's profile on the bundled server, with a fault on every request."""
    (target,) = target_options.mock_targets(provider)
    target = target_options.with_address(target, f"http://mock{target.provider.serve_at}")
    return target if fault is None else replace(target, headers={FAULT_HEADER: fault})


@cache
def fault_free(provider: str) -> TargetRun:
    """The target run of a provider's profile without a fault."""
    return open_target_run(target_of(provider, None), loading.load_providers(), load_checks())


def target_run_of(provider: str, fault: str | None) -> TargetRun:
    """The target run under a fault; its verdict plan is that of the fault-free run, which is built once."""
    plain = fault_free(provider)
    return TargetRun(target_of(provider, fault), plain.columns, plain.cases, plain.checks, plain.entries)


def entry_of(target_run: TargetRun, check: str, case: str) -> PlannedVerdict:
    """The entry of the target's own column for this check and this case."""
    own = [entry for entry in target_run.entries if entry.provider == target_run.target.provider.name]
    (entry,) = [entry for entry in own if (entry.check, entry.case) == (check, case)]
    return entry


@pytest.fixture(name="run_family", scope="session")
def _run_family() -> Callable[..., RequestRunner]:
    """Runs the requests of a family under a fault."""

    def run(check: str, case: str, fault: str | None, provider: str = "openai") -> RequestRunner:
        target_run = target_run_of(provider, fault)
        target = target_run.target
        pool: ChannelPool = InProcessPool(target.provider)
        factory = RequestFactory(target.provider, endpoint_from_case_name(case))
        entry, sender = entry_of(target_run, check, case), Sender(target, pool)
        judge, checks = target_run.judge_for(entry.provider), load_checks()
        family = RequestRunner(judge, entry, checks[check], sender, factory)
        with asyncio.Runner() as runner:

            @given(request=strategies_by_case(target.provider)[case])
            def attempt(request: GeneratedRequest) -> None:
                runner.run(family.judge_request(request))

            _until_broken(SETTINGS.apply_to(attempt, case))
        return family

    return run


@pytest.fixture(name="run_sequences", scope="session")
def _run_sequences() -> Callable[..., SequenceRunner]:
    """Runs the sequences of a stateful case under a fault."""

    def run(check: str, case: str, fault: str | None, provider: str, examples: int = WIDE_EXAMPLES) -> SequenceRunner:
        target_run = target_run_of(provider, fault)
        target = target_run.target
        entry, pool = entry_of(target_run, check, case), InProcessPool(target.provider)
        judge, checks = target_run.judge_for(entry.provider), load_checks()
        sequences = SequenceRunner(judge, entry, checks[check], Sender(target, pool))
        _until_broken(lambda: asyncio.run(sequences.run(replace(SETTINGS, examples=examples), case)))
        return sequences

    return run


def _until_broken(work: Callable[[], Any]) -> None:
    try:
        work()
    except Violation:
        return
