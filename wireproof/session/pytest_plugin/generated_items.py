"""Generated checks under pytest: one asynchronous hypothesis test of pytest-asyncio for each entry of a docket.

They run on the session's event loop, one after another, behind the cases that are sent together; each target's are
carried by one courier that shares the budget and the pace of those cases.
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
from wireproof.judging.check import Check, Violation
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.pytest_plugin.outcome_reports import attach_verdict, show_verdict
from wireproof.session.pytest_plugin.session_finish import RUN_KEY
from wireproof.session.run import Run
from wireproof.session.target_run import TargetRun

# What hypothesis raises where a request broke nothing, or only once.
UNREPRODUCED_ERRORS = (DidNotReproduce, Flaky, Unsatisfiable)
SETTINGS_KEY = pytest.StashKey[GenerationSettings]()
RUNNERS_KEY = pytest.StashKey["GeneratedRunners"]()
# What a test function of hypothesis carries of ours.
GENERATED_TEST_ATTRIBUTE = "__wireproof_subject__"


@dataclass(frozen=True, slots=True)
class GeneratedTest:
    """What a generated test judges."""

    entry: PlannedVerdict
    check: Check

    @property
    def name(self) -> str:
        """What keeps the requests of one test apart from those of another."""
        return f"{self.check.id}-{self.entry.id}"


class GeneratedRunners:
    """The couriers of generated requests, one a target, and what each entry has come to so far."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.under_way: dict[str, RequestRunner | SequenceRunner] = {}
        self._held = AsyncExitStack()
        self._couriers: dict[str, Sender] = {}

    async def request_runner(self, subject: GeneratedTest) -> RequestRunner:
        """What is known of an entry so far."""
        known = self.under_way.get(subject.name)
        if not isinstance(known, RequestRunner):
            trial = self._run.trials[subject.entry.target]
            draft = RequestFactory(trial.target.provider, endpoint_from_case_name(subject.entry.case))
            courier = await self._find_sender(trial)
            known = RequestRunner(trial.judge_for(subject.entry.provider), subject.entry, subject.check, courier, draft)
            self.under_way[subject.name] = known
        return known

    async def new_sequence_runner(self, subject: GeneratedTest) -> SequenceRunner:
        """The talks of an entry, about to begin."""
        trial = self._run.trials[subject.entry.target]
        judge = trial.judge_for(subject.entry.provider)
        made = SequenceRunner(judge, subject.entry, subject.check, await self._find_sender(trial))
        self.under_way[subject.name] = made
        return made

    async def _find_sender(self, trial: TargetRun) -> Sender:
        name = trial.target.name
        if name not in self._couriers:
            assert trial.gathered is not None
            assert trial.gathered.courier is not None
            line = await self._held.enter_async_context(HttpClient(trial.target.connections, trial.target.deadlines))
            self._couriers[name] = trial.gathered.courier.on_connection(line)
        return self._couriers[name]

    async def close(self) -> None:
        """Close every connection."""
        await self._held.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="wireproof_explorers")
async def _generated_runners(request: pytest.FixtureRequest) -> AsyncIterator[GeneratedRunners]:
    explorers = request.config.stash[RUNNERS_KEY] = GeneratedRunners(request.config.stash[RUN_KEY])
    yield explorers
    await explorers.close()


def make_items(collector: pytest.Module, name: str, entries: Sequence[PlannedVerdict], check: Check) -> list[Any]:
    """A test for each entry of which requests are wanted; pytest-asyncio makes each one of its own."""
    trials, effort = collector.config.stash[RUN_KEY].trials, collector.config.stash[SETTINGS_KEY]
    wanted = [one for one in entries if effort.wants(check.id, one.case)]
    found = {name: strategies_by_case(trials[name].target.provider) for name in {entry.target for entry in wanted}}
    tests = [
        _sequence_test(GeneratedTest(entry, check), effort)
        if is_stateful(entry.case)
        else _request_test(GeneratedTest(entry, check), found[entry.target][entry.case], effort)
        for entry in wanted
    ]
    return [
        _make_item(collector, f"{name}[{entry.id}]", GeneratedTest(entry, check), test)
        for entry, test in zip(wanted, tests, strict=True)
    ]


def _request_test(
    subject: GeneratedTest, strategy: SearchStrategy[GeneratedRequest], effort: GenerationSettings
) -> Any:
    async def attempt(probe: GeneratedRequest, wireproof_explorers: GeneratedRunners) -> None:
        await (await wireproof_explorers.request_runner(subject)).judge_request(probe)

    return effort.apply_to(given(probe=strategy)(attempt), subject.name)


def _sequence_test(subject: GeneratedTest, effort: GenerationSettings) -> Any:
    async def talk(wireproof_explorers: GeneratedRunners) -> None:
        await (await wireproof_explorers.new_sequence_runner(subject)).run(effort, subject.name)

    return talk


def _make_item(collector: pytest.Module, name: str, subject: GeneratedTest, test: Any) -> Any:
    setattr(test, GENERATED_TEST_ATTRIBUTE, subject)
    made = pytest.Function.from_parent(collector, name=name, callobj=pytest.mark.asyncio(loop_scope="session")(test))
    made.add_marker(subject.entry.area)
    made.add_marker(subject.entry.level)
    return made


def find_generated_test(item: pytest.Item) -> GeneratedTest | None:
    """What a generated test judges; None for any other test."""
    return getattr(getattr(item, "obj", None), GENERATED_TEST_ATTRIBUTE, None)


def find_planned_verdict(item: pytest.Item) -> PlannedVerdict | None:
    """The entry that a generated test judges; None for any other test."""
    subject = find_generated_test(item)
    return None if subject is None else subject.entry


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Reach the verdict of a generated test by its requests, and show it as pytest shows outcomes."""
    subject = find_generated_test(item)
    if subject is None:
        return (yield)
    run, entry = item.config.stash[RUN_KEY], subject.entry
    trial = run.trials[entry.target]
    reason = trial.reason_not_judged(entry)
    if reason is not None:
        attach_verdict(item, trial.judge_for(entry.provider).build_verdict(entry, subject.check, "untestable", reason))
        pytest.skip(f"untestable: {reason}")
    replay = None
    try:
        yield
    except (Violation, *UNREPRODUCED_ERRORS) as error:
        replay = Replay.from_error(entry.check, entry.case, error) or item.config.stash[SETTINGS_KEY].replay
    verdict = run.mask_verdict(item.config.stash[RUNNERS_KEY].under_way[subject.name].verdict())
    if verdict.outcome == "fail" and replay is not None:
        verdict = replace(verdict, replay=replay.command_line(run.options, entry.target))
    attach_verdict(item, verdict)
    show_verdict(run, verdict)
    return None
