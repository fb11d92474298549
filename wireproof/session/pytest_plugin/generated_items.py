"""Generated checks under pytest: one asynchronous hypothesis test of pytest-asyncio for each planned verdict.

The tests run on the session's event loop, one after another, after the cases of suites/ are sent. One sender for each
target sends their requests; it shares the budget and the pace of those cases.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis.errors import DidNotReproduce, Flaky, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from wireproof.client.http_client import HttpClient
from wireproof.client.sender import Sender
from wireproof.contract.case import endpoint_from_case_name
from wireproof.generation.families import strategies_by_case
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.hypothesis_settings import GenerationSettings
from wireproof.generation.replay_line import Replay
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.request_runner import RequestRunner
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.generation.state_machines import is_stateful
from wireproof.judging.check import Check, TimedOut, Violation
from wireproof.judging.outcomes import GATING_OUTCOMES
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.pytest_plugin.outcome_reports import attach_verdict, show_verdict
from wireproof.session.pytest_plugin.session_finish import RUN_KEY
from wireproof.session.run import Run
from wireproof.session.target_run import TargetRun

# Hypothesis raises these if no request fails, or if a failure cannot be repeated.
UNREPRODUCED_ERRORS = (DidNotReproduce, Flaky, Unsatisfiable)
SETTINGS_KEY = pytest.StashKey[GenerationSettings]()
RUNNERS_KEY = pytest.StashKey["GeneratedRunners"]()
# The attribute of a test function that holds its GeneratedTest.
GENERATED_TEST_ATTRIBUTE = "__wireproof_subject__"


@dataclass(frozen=True, slots=True)
class GeneratedTest:
    """The planned verdict and the check of a generated test."""

    planned: PlannedVerdict
    check: Check

    @property
    def name(self) -> str:
        """A name that is unique among tests; requests are stored under it."""
        return f"{self.check.id}-{self.planned.id}"


class GeneratedRunners:
    """The senders of generated requests, one for each target, and the runners of planned verdicts.

    Attributes:
        by_test: name of a generated test → its runner.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.by_test: dict[str, RequestRunner | SequenceRunner] = {}
        self._connections = AsyncExitStack()
        self._senders: dict[str, Sender] = {}

    async def request_runner(self, subject: GeneratedTest) -> RequestRunner:
        """The runner of a test of single requests, made at its first request."""
        runner = self.by_test.get(subject.name)
        if not isinstance(runner, RequestRunner):
            planned, target_run = subject.planned, self._run.target_runs[subject.planned.target]
            factory = RequestFactory(target_run.target.provider, endpoint_from_case_name(planned.case))
            sender = await self._find_sender(target_run)
            runner = RequestRunner(target_run.judge_for(planned.provider), planned, subject.check, sender, factory)
            self.by_test[subject.name] = runner
        return runner

    async def new_sequence_runner(self, subject: GeneratedTest) -> SequenceRunner:
        """A new runner of a test of request sequences."""
        target_run = self._run.target_runs[subject.planned.target]
        judge = target_run.judge_for(subject.planned.provider)
        runner = SequenceRunner(judge, subject.planned, subject.check, await self._find_sender(target_run))
        self.by_test[subject.name] = runner
        return runner

    async def _find_sender(self, target_run: TargetRun) -> Sender:
        name, target, results = target_run.target.name, target_run.target, target_run.results
        if name not in self._senders:
            assert results is not None
            assert results.sender is not None
            client = HttpClient(target.connections, target.deadlines, target.network)
            await self._connections.enter_async_context(client)
            self._senders[name] = results.sender.on_connection(client)
        return self._senders[name]

    async def close(self) -> None:
        """Closes all connections."""
        await self._connections.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="wireproof_runners")
async def _generated_runners(request: pytest.FixtureRequest) -> AsyncIterator[GeneratedRunners]:
    runners = request.config.stash[RUNNERS_KEY] = GeneratedRunners(request.config.stash[RUN_KEY])
    yield runners
    await runners.close()


def make_items(
    collector: pytest.Module, name: str, planned_verdicts: Sequence[PlannedVerdict], check: Check
) -> list[Any]:
    """A test for each planned verdict whose requests the settings ask for."""
    target_runs, settings = collector.config.stash[RUN_KEY].target_runs, collector.config.stash[SETTINGS_KEY]
    wanted = [planned for planned in planned_verdicts if settings.wants(check.id, planned.case)]
    targets = {planned.target for planned in wanted}
    strategies = {target: strategies_by_case(target_runs[target].target.provider) for target in targets}
    tests = [
        _sequence_test(GeneratedTest(planned, check), settings)
        if is_stateful(planned.case)
        else _request_test(GeneratedTest(planned, check), strategies[planned.target][planned.case], settings)
        for planned in wanted
    ]
    return [
        _make_item(collector, f"{name}[{planned.id}]", GeneratedTest(planned, check), test)
        for planned, test in zip(wanted, tests, strict=True)
    ]


def _request_test(
    subject: GeneratedTest, strategy: SearchStrategy[GeneratedRequest], settings: GenerationSettings
) -> Any:
    async def judge_one(probe: GeneratedRequest, wireproof_runners: GeneratedRunners) -> None:
        await (await wireproof_runners.request_runner(subject)).judge_request(probe)

    return settings.apply_to(given(probe=strategy)(judge_one), subject.name)


def _sequence_test(subject: GeneratedTest, settings: GenerationSettings) -> Any:
    async def run_sequences(wireproof_runners: GeneratedRunners) -> None:
        runner = await wireproof_runners.new_sequence_runner(subject)
        await runner.run(settings, subject.name)

    return run_sequences


def _make_item(collector: pytest.Module, name: str, subject: GeneratedTest, test: Any) -> Any:
    setattr(test, GENERATED_TEST_ATTRIBUTE, subject)
    item = pytest.Function.from_parent(collector, name=name, callobj=pytest.mark.asyncio(loop_scope="session")(test))
    item.add_marker(subject.planned.area)
    item.add_marker(subject.planned.level)
    return item


def find_generated_test(item: pytest.Item) -> GeneratedTest | None:
    """The planned verdict and the check of a generated test; None for any other test."""
    return getattr(getattr(item, "obj", None), GENERATED_TEST_ATTRIBUTE, None)


def find_planned_verdict(item: pytest.Item) -> PlannedVerdict | None:
    """The planned verdict of a generated test; None for any other test."""
    subject = find_generated_test(item)
    return None if subject is None else subject.planned


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Judges a generated test by its requests, and maps the verdict to an outcome of pytest."""
    subject = find_generated_test(item)
    if subject is None:
        return (yield)
    run, planned = item.config.stash[RUN_KEY], subject.planned
    target_run = run.target_runs[planned.target]
    reason = target_run.reason_not_judged(planned)
    if reason is not None:
        judge = target_run.judge_for(planned.provider)
        attach_verdict(item, judge.build_verdict(planned, subject.check, "untestable", reason))
        pytest.skip(f"untestable: {reason}")
    replay = None
    try:
        yield
    except (Violation, TimedOut, *UNREPRODUCED_ERRORS) as error:
        replay = Replay.from_error(planned.check, planned.case, error) or item.config.stash[SETTINGS_KEY].replay
    verdict = run.mask_verdict(item.config.stash[RUNNERS_KEY].by_test[subject.name].verdict())
    if verdict.outcome in GATING_OUTCOMES and replay is not None:
        verdict = replace(verdict, replay=replay.command_line(run.options, planned.target))
    attach_verdict(item, verdict)
    show_verdict(run, verdict)
    return None
