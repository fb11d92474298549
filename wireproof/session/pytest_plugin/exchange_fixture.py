"""The fixture `wireproof_exchange`, for tests of one's own: the exchange of a case with the target of the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from wireproof.client.http_client import HttpClient
from wireproof.client.model_choice import with_models
from wireproof.client.sender import Sender
from wireproof.contract.target_options import TargetOptions
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.formats.near_miss import did_you_mean
from wireproof.session.run import Run
from wireproof.session.send_target import SMOKE_CASES
from wireproof.session.target_run import TargetRun


@pytest.fixture(scope="session")
def wireproof_exchange(pytestconfig: pytest.Config) -> Iterator[Callable[..., Exchange]]:
    """A function: name of a case → its last exchange with the target that the options name, by default a reference
    server. Each case is sent once in a session; the test is skipped with the reason if it cannot be sent.

    The function raises ConfigError for an unknown case, and for a target if the options name several.
    """
    run = Run.from_options(TargetOptions.from_parsed(vars(pytestconfig.option)))
    run.set_addresses(run.target_runs)
    senders: dict[str, Sender] = {}

    def exchange_of(case: str, target: str | None = None) -> Exchange:
        target_run = _find_target(run, target)
        name = target_run.target.name
        if case not in target_run.cases:
            near = did_you_mean(case, target_run.cases, "`wireproof cases` lists them")
            raise ConfigError(f"wireproof_exchange({case!r})", "there is no such case", near)
        senders[name] = asyncio.run(_send(target_run, case, senders.get(name)))
        result = senders[name].evidence[case]
        if isinstance(result, NotSent):
            pytest.skip(f"{case}: {result.reason}")
        return result[-1]

    yield exchange_of
    run.close()


def _find_target(run: Run, name: str | None) -> TargetRun:
    if name is None and len(run.target_runs) > 1:
        problem = f"the run has the targets {', '.join(run.target_runs)}"
        raise ConfigError("wireproof_exchange", problem, "name one with --provider or as the second argument")
    return next(iter(run.target_runs.values())) if name is None else run.target_runs[name]


async def _send(target_run: TargetRun, case: str, earlier: Sender | None) -> Sender:
    """The sender with the result of a case, and of the model list, from which a model is picked if none is named.

    Args:
        earlier: the sender of the cases before, whose results, budget and pace continue.
    """
    target = target_run.target
    async with HttpClient(target.connections, target.deadlines, target.network) as client:
        sender = Sender(target, client) if earlier is None else earlier.on_connection(client)
        listed = await sender.send(target_run.cases[SMOKE_CASES[0]])
        sender.target = with_models(target, listed)
        await sender.send(target_run.cases[case])
        return sender
