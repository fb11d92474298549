"""What the bundled server says to every case of a provider, without a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from wireproof import aim, config
from wireproof.courier import Courier
from wireproof.evidence import Evidence
from wireproof.rehearsed import Rehearsed
from wireproof.suites import load_checks
from wireproof.target import Target
from wireproof.trial import Trial, open_trial

Heard = Callable[[str], tuple[Trial, Evidence]]


@pytest.fixture(name="heard", scope="session")
def _heard() -> Heard:
    """Provider → its trial and the faultless answer to each of its cases."""
    return cache(_of)


def _of(provider: str) -> tuple[Trial, Evidence]:
    (target,) = aim.targets(aim.Aim(providers=(provider,)), {})
    served = f"http://127.0.0.1:1{target.provider.data['serve_at']}"
    trial = open_trial(aim.at_address(target, served), config.load_providers(), load_checks())
    wanted = {name for entry in trial.entries for _, name in entry.cases}
    return trial, asyncio.run(_answers(trial, trial.target, sorted(wanted)))


async def _answers(trial: Trial, target: Target, names: Sequence[str]) -> Evidence:
    server, evidence = Rehearsed(target.provider), {}
    for name in names:
        server.begin()
        evidence[name] = await Courier(target, server).send(trial.cases[name])
    return evidence
