"""Sends the cases of one target: first the smoke cases and, if these pass, the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from wireproof.client.http_client import HttpClient
from wireproof.client.recorder import NullRecorder, Recorder
from wireproof.client.sender import Sender
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.model_choice import with_models

# A model may decide otherwise once or twice; three undecided responses make the verdict inconclusive.
MAX_RESPONSES = 3
SMOKE_CASES = ("models-list", "chat-basic")


@dataclass(frozen=True, slots=True)
class SmokeFailure:
    """The smoke verdict that failed, and the reason."""

    planned: PlannedVerdict
    reason: str


@dataclass(frozen=True)
class TargetEvidence:
    """The evidence of one target.

    Attributes:
        judges: the judges of the target with the models that were chosen for it.
        evidence: case → its exchanges, or the reason why it was not sent.
        smoke: the failure of the smoke cases; None if they passed.
        requests: the number of requests sent.
        again: one mapping per round, with the cases that were repeated because their responses left a verdict open.
        sender: the sender with the rest of the budget; None for stored evidence.
    """

    judges: ColumnJudges
    evidence: Evidence
    smoke: SmokeFailure | None
    requests: int
    again: tuple[Evidence, ...] = ()
    sender: Sender | None = None

    @property
    def target(self) -> Target:
        """The target with the models that were chosen for it."""
        return self.judges.target

    @cached_property
    def broken_by_peer(self) -> str | None:
        """The HTTP violation of the target in a smoke case; None if there was none."""
        for name in SMOKE_CASES:
            result = self.evidence.get(name)
            if isinstance(result, tuple) and result[-1].broken is not None and result[-1].broken.is_by_peer:
                return result[-1].broken.detail
        return None


async def send_to_target(
    judges: ColumnJudges, cases: Sequence[Case], recorder: Recorder | None = None
) -> TargetEvidence:
    """Sends the smoke cases, judges them, and sends the other cases if they passed."""
    target = judges.target
    async with HttpClient(target.connections, target.deadlines) as client:
        sender = Sender(target, client, recorder or NullRecorder())
        first, *others = [judges.cases[name] for name in SMOKE_CASES if name in judges.cases]
        listed = await sender.send(first)
        judges = judges.with_target(with_models(target, listed))
        sender.target = judges.target
        reachable = not isinstance(listed, tuple) or listed[-1].broken is None
        if reachable:
            await sender.send_all(others)
        again: tuple[Evidence, ...] = ()
        failure = smoke_failure(judges, sender.evidence)
        if failure is None and reachable:
            await sender.send_all(cases)
            again = await _repeat_undecided_cases(sender, judges, {case.name for case in cases})
        return TargetEvidence(judges, sender.evidence, failure, sender.request_count, again, sender)


def smoke_failure(judges: ColumnJudges, evidence: Evidence) -> SmokeFailure | None:
    """The first smoke verdict of the target's own column that fails; None if all pass."""
    target = judges.target
    for planned in judges.entries:
        if planned.provider == target.provider.name and planned.check.startswith("smoke."):
            verdict = judges.judge(planned.provider).judge(planned, evidence)
            if verdict.outcome in ERROR_OUTCOMES or verdict.outcome == "fail":
                return SmokeFailure(planned, f"{target.name} at {target.base_url}: {verdict.message}")
    return None


async def _repeat_undecided_cases(
    sender: Sender, judges: ColumnJudges, wanted: Collection[str]
) -> tuple[Evidence, ...]:
    """Sends undecided cases again, each at most MAX_RESPONSES times in all; records every response."""
    rounds: list[Evidence] = []
    latest: dict[str, CaseResult] = dict(sender.evidence)
    while len(rounds) + 1 < MAX_RESPONSES and (names := sorted(judges.undecided_cases(latest, wanted))):
        rounds.append(await sender.ask_again(judges.cases[name] for name in names))
        latest |= rounds[-1]
    return tuple(rounds)
