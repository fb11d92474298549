"""Sends what a run needs of one target: first the smoke cases, then, if the target is there, the rest."""

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

# A model may choose otherwise once or twice; what it never does in three answers is told as inconclusive.
MAX_ANSWERS = 3
SMOKE_CASES = ("models-list", "chat-basic")


@dataclass(frozen=True, slots=True)
class SmokeFailure:
    """The smoke verdict that failed, and its reason."""

    entry: PlannedVerdict
    reason: str


@dataclass(frozen=True)
class TargetEvidence:
    """The evidence of one target.

    Attributes:
        judges: the judges of the target with the models that were picked for it.
        smoke: the failure of the smoke cases; None where the target is there.
        again: round after round, the cases that were asked again because their answers decided nothing.
        courier: who asked, with what is left of the budget; None where the evidence is of another time.
    """

    judges: ColumnJudges
    evidence: Evidence
    smoke: SmokeFailure | None
    requests: int
    again: tuple[Evidence, ...] = ()
    courier: Sender | None = None

    @property
    def target(self) -> Target:
        """The target with the models that were picked for it."""
        return self.judges.target

    @cached_property
    def broken_by_peer(self) -> str | None:
        """The way in which the target broke HTTP in a smoke case; None where it did not."""
        for name in SMOKE_CASES:
            sent = self.evidence.get(name)
            if isinstance(sent, tuple) and sent[-1].broken is not None and sent[-1].broken.is_by_peer:
                return sent[-1].broken.detail
        return None


async def send_to_target(judges: ColumnJudges, cases: Sequence[Case], record: Recorder | None = None) -> TargetEvidence:
    """Send the smoke cases, judge them, and send the other cases if they passed."""
    target, known = judges.target, judges.cases
    async with HttpClient(target.connections, target.deadlines) as wire:
        courier = Sender(target, wire, record or NullRecorder())
        first, *others = [known[name] for name in SMOKE_CASES if name in known]
        listed = await courier.send(first)
        judges = judges.with_target(with_models(target, listed))
        courier.target = judges.target
        reachable = not isinstance(listed, tuple) or listed[-1].broken is None
        if reachable:
            await courier.send_all(others)
        again: tuple[Evidence, ...] = ()
        failure = smoke_failure(judges, courier.evidence)
        if failure is None and reachable:
            await courier.send_all(cases)
            again = await _ask_undecided_again(courier, judges, {case.name for case in cases})
        return TargetEvidence(judges, courier.evidence, failure, courier.request_count, again, courier)


def smoke_failure(judges: ColumnJudges, evidence: Evidence) -> SmokeFailure | None:
    """The first smoke verdict of the target's own column that fails; None where all pass."""
    target = judges.target
    for entry in judges.entries:
        if entry.provider == target.provider.name and entry.check.startswith("smoke."):
            verdict = judges.judge(entry.provider).judge(entry, evidence)
            if verdict.outcome in ERROR_OUTCOMES or verdict.outcome == "fail":
                return SmokeFailure(entry, f"{target.name} at {target.base_url}: {verdict.message}")
    return None


async def _ask_undecided_again(courier: Sender, judges: ColumnJudges, wanted: Collection[str]) -> tuple[Evidence, ...]:
    """Ask undecided cases again, each at most ANSWERS times in all; every answer is counted and kept."""
    rounds: list[Evidence] = []
    latest: dict[str, CaseResult] = dict(courier.evidence)
    while len(rounds) + 1 < MAX_ANSWERS and (names := sorted(judges.undecided_cases(latest, wanted))):
        rounds.append(await courier.ask_again(judges.cases[name] for name in names))
        latest |= rounds[-1]
    return tuple(rounds)
