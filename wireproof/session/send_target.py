"""Sends the cases of one target: first the smoke cases and, if these pass, the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wireproof.client.http_client import HttpClient
from wireproof.client.model_choice import unlisted_models, with_models
from wireproof.client.readiness import wait_until_up
from wireproof.client.recorder import NullRecorder, Recorder
from wireproof.client.sender import ChannelPool, Sender
from wireproof.client.skip_reasons import skip_reason
from wireproof.contract.case import Case
from wireproof.contract.target import Deadlines, Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.exchange import Exchange
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.outcomes import RED_OUTCOMES
from wireproof.judging.second_look import is_whole, needs_second_look, settle_evidence, whole_answers
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.found_abilities import reason_in_role, send_probes, with_found_roles

# A model may decide otherwise once or twice; three undecided responses make the verdict inconclusive.
MAX_RESPONSES = 3
SMOKE_CASES = ("models-list", "chat-basic")
MODEL_CHECK = "smoke.model-present"
# The first request for a model: a chat, or one of the kind that the target serves instead.
FIRST_MODEL_CASES = (
    "chat-basic", "completions-basic", "responses-basic", "embeddings-one", "images-basic", "transcriptions-basic",
)  # fmt: skip
# A case that was cut off gets this many times as much time when it is sent alone.
PATIENCE = 4
# The number of cases sent alone in vain after which no more are sent.
MAX_VAIN_LOOKS = 3
# A server may load its model for the first chat.
MODEL_LOADING_S = 270.0


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
        evidence: case → the result that is judged: its exchanges, or the reason why it was not sent.
        smoke: the failure of the smoke cases; None if they passed.
        requests: the number of requests sent.
        again: one mapping per round, with the cases that were repeated because their responses left a verdict open.
        replaced: case → its first result, if another was judged in its place.
        sender: the sender with the rest of the budget; None for stored evidence.
    """

    judges: ColumnJudges
    evidence: Evidence
    smoke: SmokeFailure | None
    requests: int
    again: tuple[Evidence, ...] = ()
    sender: Sender | None = None
    replaced: Evidence = field(default_factory=dict)

    @classmethod
    def from_turns(
        cls, judges: ColumnJudges, turns: Sequence[Evidence], requests: int, sender: Sender | None = None
    ) -> TargetEvidence:
        """The evidence of all turns, whether it was just sent or is stored."""
        settled = settle_evidence(judges.cases, turns)
        evidence = settled.judged
        judges = with_found_roles(judges, turns[0], first_model_case(turns[0]))
        if sender is not None:
            # The sender adds the results of generated requests later.
            sender.evidence.update(evidence)
            evidence = sender.evidence
        failure = smoke_failure(judges, evidence)
        return cls(judges, evidence, failure, requests, settled.repeated, sender, settled.replaced)

    def other_answers(self, case: str) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
        """Yields the whole responses of a case that were not judged alone, each group with its name in words."""
        others = {"the answer beside other requests": self.replaced.get(case)}
        others |= {f"answer {number}": later.get(case) for number, later in enumerate(self.again, 2)}
        for name, sent in others.items():
            # A response that was cut off has had its second look.
            if whole := whole_answers(sent):
                yield name, whole

    @property
    def target(self) -> Target:
        """The target with the models that were chosen for it."""
        return self.judges.target

    @cached_property
    def broken_by_peer(self) -> str | None:
        """The HTTP violation of the target in a smoke case; None if there was none."""
        for name in (SMOKE_CASES[0], first_model_case(self.evidence)):
            result = self.evidence.get(name)
            if isinstance(result, tuple) and result[-1].broken is not None and result[-1].broken.is_by_peer:
                return result[-1].broken.detail
        return None


async def send_to_target(
    judges: ColumnJudges, cases: Sequence[Case], recorder: Recorder | None = None
) -> TargetEvidence:
    """Sends the smoke cases, judges them, and sends the other cases if they passed."""
    target = judges.target
    await wait_until_up(target)
    async with HttpClient(target.connections, target.deadlines, target.network) as client:
        sender = Sender(target, client, recorder or NullRecorder())
        listed = await sender.send(judges.cases[SMOKE_CASES[0]])
        judges = judges.with_target(with_models(target, listed))
        sender.target = judges.target
        reachable = not isinstance(listed, tuple) or listed[-1].broken is None
        if reachable:
            sender.pool = client.with_deadlines(_first_deadlines(target.deadlines))
            first = _choose_first_case(judges, cases)
            await sender.send_all([*first, *_cases_of_unlisted_models(judges, cases, listed, first)])
            sender.pool = client
        turns: list[Evidence] = [sender.evidence]
        if reachable and smoke_failure(judges, sender.evidence) is None:
            judges = await send_probes(sender, judges, cases, first_model_case(sender.evidence))
            await sender.send_all(cases)
            cases = [case for case in cases if not _lacks_role(judges, case, sender.evidence)]
            looks = await _look_again(sender, client.with_deadlines(target.deadlines.times(PATIENCE)), cases)
            turns += [looks] if looks else []
            turns += await _repeat_undecided_cases(sender, judges, turns, {case.name for case in cases})
        return TargetEvidence.from_turns(judges, turns, sender.request_count, sender)


def _lacks_role(judges: ColumnJudges, case: Case, evidence: Evidence) -> bool:
    """True if a case was a probe that did not show what its role needs, so that no other answer to it is wanted."""
    return reason_in_role(judges.target, case, evidence.get(case.name)) is not None


def _first_deadlines(deadlines: Deadlines) -> Deadlines:
    """The deadlines of the first chat, for which a server may load its model; those that the user set are kept."""
    return deadlines.longer_to_first_byte(MODEL_LOADING_S) if deadlines == Deadlines() else deadlines


async def _look_again(sender: Sender, pool: ChannelPool, cases: Iterable[Case]) -> Evidence:
    """Sends the cases whose responses were cut off once more, alone and with more time.

    No further case is sent if the first ones are no better alone.
    """
    cut = [case for case in cases if needs_second_look(case, sender.evidence.get(case.name))]

    def no_better(looks: Evidence) -> bool:
        return len(looks) >= MAX_VAIN_LOOKS and not any(map(is_whole, looks.values()))

    return await sender.ask_again_alone(cut, pool, no_better) if cut else {}


def _choose_first_case(judges: ColumnJudges, wanted: Sequence[Case]) -> list[Case]:
    """The case with the first request for a model: a chat, or the first kind that can be sent instead.

    A chat is not sent if no wanted case asks for one, if the document describes none, or if no model serves it. If
    nothing can be sent, it is the first kind that is wanted, whose reason is then told; none if no kind is wanted.
    """
    target, endpoints = judges.target, {case.endpoint for case in wanted}
    every = [judges.cases[name] for name in FIRST_MODEL_CASES if name in judges.cases]
    asks_no_model = endpoints.isdisjoint(case.endpoint for case in every)
    candidates = [case for case in every if case.endpoint in endpoints or asks_no_model]
    able = [case for case in candidates if case.asks[-1].model in target.models and skip_reason(case, target) is None]
    return (able or candidates)[:1]


def _cases_of_unlisted_models(
    judges: ColumnJudges, wanted: Sequence[Case], listed: CaseResult | None, first: Sequence[Case]
) -> list[Case]:
    """The first case of each further model that the user named and the list of the target does not have."""
    target, endpoints = judges.target, {case.endpoint for case in wanted}
    roles = unlisted_models(target, listed).keys() - {case.asks[-1].model for case in first}
    every = [judges.cases[name] for name in FIRST_MODEL_CASES if name in judges.cases]
    able = [case for case in every if case.endpoint in endpoints and skip_reason(case, target) is None]
    by_role = {case.asks[-1].model: case for case in reversed(able)}
    return [by_role[role] for role in sorted(roles & by_role.keys())]


def _unknown_model(judges: ColumnJudges, evidence: Evidence, planned: PlannedVerdict) -> SmokeFailure | None:
    """The failure of a named model that is neither listed nor served; None if there is none."""
    target, listed = judges.target, evidence.get(SMOKE_CASES[0])
    statuses = {*target.provider.refusals["unknown-model"].status, 404}
    for role, near in unlisted_models(target, listed).items():
        for name in FIRST_MODEL_CASES[1:]:
            sent = evidence.get(name)
            asks_role = name in judges.cases and judges.cases[name].asks[-1].model == role
            if asks_role and isinstance(sent, tuple) and sent[-1].status in statuses:
                reason = f"--model {role}={target.models[role]}: it is not listed, and answered with {sent[-1].status}"
                failed = replace(planned, cases=((planned.cases[0][0], name),))
                return SmokeFailure(failed, f"{target.name} at {target.base_url}: {reason}; {near}")
    return None


def first_model_case(evidence: Evidence) -> str:
    """The name of the first case of a model that was sent; that of the chat if none was."""
    sent = (name for name in FIRST_MODEL_CASES if isinstance(evidence.get(name), tuple))
    return next(sent, FIRST_MODEL_CASES[0])


def smoke_failure(judges: ColumnJudges, evidence: Evidence) -> SmokeFailure | None:
    """The first smoke verdict of the target's own column that fails; None if all pass.

    Without a chat, the rules about it apply to the first request for another model.
    """
    target, first = judges.target, first_model_case(evidence)
    for planned in judges.entries:
        if planned.provider == target.provider.name and planned.check.startswith("smoke."):
            if planned.case == FIRST_MODEL_CASES[0] and first != planned.case:
                planned = replace(planned, cases=((planned.cases[0][0], first),))
            verdict = judges.judge(planned.provider).judge(planned, evidence)
            if verdict.outcome in RED_OUTCOMES:
                near = unlisted_models(target, evidence.get(SMOKE_CASES[0])).get(judges.cases[first].asks[-1].model)
                hint = f"; {near}" if near and planned.check == MODEL_CHECK else ""
                return SmokeFailure(planned, f"{target.name} at {target.base_url}: {verdict.message}{hint}")
            if planned.check == MODEL_CHECK and (failure := _unknown_model(judges, evidence, planned)):
                return failure
    return None


async def _repeat_undecided_cases(
    sender: Sender, judges: ColumnJudges, turns: Sequence[Evidence], wanted: Collection[str]
) -> tuple[Evidence, ...]:
    """Sends undecided cases again, each at most MAX_RESPONSES times in all; records every response."""
    rounds: list[Evidence] = []
    latest: dict[str, CaseResult] = dict(settle_evidence(judges.cases, turns).judged)
    # Another response to a case that is cut off, even alone, decides nothing.
    wanted = {name for name in wanted if not needs_second_look(judges.cases[name], latest.get(name))}
    while len(rounds) + 1 < MAX_RESPONSES and (names := judges.undecided_cases(latest, wanted)):
        if not (answers := await sender.ask_again(judges.cases[name] for name in names)):
            break
        rounds.append(answers)
        latest |= answers
    return tuple(rounds)
