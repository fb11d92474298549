"""Generated entries of a docket, explored on the bundled server without a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given

from wireproof import aim, config
from wireproof.check import Violation
from wireproof.courier import Courier, Lines
from wireproof.docket import Entry
from wireproof.generated.draft import Draft
from wireproof.generated.effort import WIDE_EXAMPLES, Effort
from wireproof.generated.exercise import Exercise
from wireproof.generated.exploration import Exploration
from wireproof.generated.families import strategies
from wireproof.generated.probe import Probe, endpoint_of
from wireproof.mock.control import FAULT
from wireproof.rehearsed import Rehearsed
from wireproof.suites import load_checks
from wireproof.target import Target
from wireproof.trial import Trial, open_trial

EFFORT = Effort(WIDE_EXAMPLES, shrink=True, same=True)


def target_of(provider: str, fault: str | None) -> Target:
    """The bundled server's profile of a provider, which commits a fault on every request."""
    (target,) = aim.targets(aim.Aim(providers=(provider,)), {})
    target = aim.at_address(target, f"http://mock{target.provider.serve_at}")
    return target if fault is None else replace(target, headers={FAULT: fault})


@cache
def faultless(provider: str) -> Trial:
    return open_trial(target_of(provider, None), config.load_providers(), load_checks())


def trial_of(provider: str, fault: str | None) -> Trial:
    """A trial of that server: what its documents ask is the same under every fault, and put together once."""
    known = faultless(provider)
    return Trial(target_of(provider, fault), known.columns, known.cases, known.checks, known.entries)


def entry_of(trial: Trial, check: str, case: str) -> Entry:
    """The one entry of the target's own column that has this check judge this case."""
    own = [one for one in trial.entries if one.provider == trial.target.provider.name]
    (entry,) = [one for one in own if (one.check, one.case) == (check, case)]
    return entry


@pytest.fixture(name="explored", scope="session")
def _explored() -> Callable[..., Exploration]:
    """What the requests of a family come to under a fault."""

    def explore(check: str, case: str, fault: str | None, provider: str = "openai") -> Exploration:
        trial = trial_of(provider, fault)
        target = trial.target
        line: Lines = Rehearsed(target.provider)
        draft = Draft(target.provider, endpoint_of(case))
        entry, courier = entry_of(trial, check, case), Courier(target, line)
        exploration = Exploration(trial, entry, load_checks()[check], courier, draft)
        with asyncio.Runner() as runner:

            @EFFORT.settings(case)
            @given(probe=strategies(target.provider)[case])
            def attempt(probe: Probe) -> None:
                runner.run(exploration.attempt(probe))

            _until_broken(attempt)
        return exploration

    return explore


@pytest.fixture(name="exercised", scope="session")
def _exercised() -> Callable[..., Exercise]:
    """What the talks of a stateful case come to under a fault."""

    def exercise(check: str, case: str, fault: str | None, provider: str, talks: int = WIDE_EXAMPLES) -> Exercise:
        trial = trial_of(provider, fault)
        target = trial.target
        entry, line = entry_of(trial, check, case), Rehearsed(target.provider)
        made = Exercise(trial, entry, load_checks()[check], Courier(target, line))
        _until_broken(lambda: asyncio.run(made.run(replace(EFFORT, examples=talks).settings(case))))
        return made

    return exercise


def _until_broken(work: Callable[[], Any]) -> None:
    try:
        work()
    except Violation:
        return
