"""One target of a run: its columns, planned verdicts, evidence and verdicts.

The target is judged by its own document and, as further columns on the same exchanges, by the rules of the wire and by
OpenAI's document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from wireproof.client.model_choice import with_models
from wireproof.client.recorder import Recorder
from wireproof.client.skip_reasons import skip_reason
from wireproof.contract import loading
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.clause import WIRE
from wireproof.contract.extras import GENERATE, has_extra
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target, not_given
from wireproof.contract.target_columns import Column, columns_for
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import Evidence, NotSent
from wireproof.judging.check import Check
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.decided_promises import ClauseOutcome
from wireproof.judging.judge import Judge
from wireproof.judging.outcomes import RED_OUTCOMES
from wireproof.judging.shown_abilities import COLOUR_CHECK, FoundAbilities, found_abilities
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict, plan_columns
from wireproof.session.found_abilities import reason_in_role
from wireproof.session.send_target import SMOKE_CASES, TargetEvidence, send_to_target


@dataclass(slots=True)
class TargetRun:
    """One target of a run.

    Attributes:
        columns: the contracts by which the target is judged, its own first, then the wire.
        entries: the planned verdicts of all columns whose cases are in the profile of the target.
        results: the evidence of the target; None until its cases are sent.
        left_out: the planned verdicts of the larger profiles.
    """

    target: Target
    # A traceback with local variables would otherwise print megabytes.
    columns: tuple[Column, ...] = field(repr=False)
    cases: Mapping[str, Case] = field(repr=False)
    checks: Mapping[str, Check] = field(repr=False)
    entries: tuple[PlannedVerdict, ...] = field(repr=False)
    results: TargetEvidence | None = None
    left_out: tuple[PlannedVerdict, ...] = field(repr=False, default=())
    _by_check: dict[str, list[PlannedVerdict]] = field(init=False, repr=False)
    _judges: ColumnJudges | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._by_check = {}
        for planned in self.entries:
            self._by_check.setdefault(planned.check, []).append(planned)

    def planned_for_check(self, check: str) -> Sequence[PlannedVerdict]:
        """The planned verdicts of a check."""
        return self._by_check.get(check, ())

    def left_out_outcomes(self) -> dict[str, list[ClauseOutcome]]:
        """Contract → the outcomes of its verdicts that the profile leaves out; for the own contract and the wire."""
        found: dict[str, list[ClauseOutcome]] = {self.target.provider.name: [], WIRE: []}
        reason_of = cache(lambda name: skip_reason(self.cases[name], self.target))
        for planned in self.left_out:
            if planned.provider in found and (reason := first_reason(planned, self.target, reason_of)) is not None:
                found[planned.provider] += [
                    ClauseOutcome(clause.id, judgement.level, reason.outcome, reason.reason)
                    for clause, judgement in planned.clauses
                ]
        return found

    @property
    def judges(self) -> ColumnJudges:
        """The judges of the target: after its cases are sent, those that judged its smoke cases."""
        if self.results is not None:
            return self.results.judges
        if self._judges is None or self._judges.target is not self.target:
            every = (*self.entries, *self.left_out)
            self._judges = ColumnJudges(self.target, self.columns, self.cases, self.checks, every)
        return self._judges

    def judge_for(self, provider: str) -> Judge:
        """The judge of the column of that name."""
        return self.judges.judge(provider)

    async def send_cases(self, names: Iterable[str], recorder: Recorder | None = None) -> TargetEvidence:
        """Sends the smoke cases, then the cases of these names."""
        return self._set_results(await send_to_target(self.judges, [self.cases[name] for name in names], recorder))

    def take_evidence(self, turns: Sequence[Evidence]) -> TargetEvidence:
        """Takes stored evidence, one mapping per turn."""
        judges = self.judges.with_target(with_models(self.target, turns[0].get(SMOKE_CASES[0])))
        requests = sum(len(result) for turn in turns for result in turn.values() if isinstance(result, tuple))
        return self._set_results(TargetEvidence.from_turns(judges, turns, requests))

    def _set_results(self, results: TargetEvidence) -> TargetEvidence:
        self.results, self.target = results, results.target
        return results

    def judge(self, planned: PlannedVerdict) -> Verdict:
        """Judges one planned verdict."""
        assert self.results is not None
        judge, reason, evidence = (
            self.judge_for(planned.provider),
            self.reason_not_judged(planned),
            self.results.evidence,
        )
        verdict = judge.judge(planned, evidence, reason)
        for number, later in enumerate(self.results.again, 2):
            # A later response decides only an inconclusive verdict; it never replaces a failure.
            if verdict.outcome != "inconclusive" or planned.case not in later:
                break
            verdict = judge.judge(planned, {**evidence, **later}, reason)
            verdict = replace(verdict, message=f"{verdict.message} (answer {number})".strip())
        return self._judge_other_answers(planned, verdict, reason)

    def _judge_other_answers(self, planned: PlannedVerdict, verdict: Verdict, reason: str | None) -> Verdict:
        """The verdict of a rule about every response, in view of the other answers to the case as well."""
        assert self.results is not None
        if not self.checks[planned.check].every_request or verdict.outcome in RED_OUTCOMES:
            return verdict
        for words, sent in self.results.other_answers(planned.case):
            other = self.judge_for(planned.provider).judge(planned, {planned.case: sent}, reason)
            if other.outcome in RED_OUTCOMES:
                return replace(other, message=f"{other.message} ({words})")
        return verdict

    @property
    def smoke_failure(self) -> str | None:
        """Reason why only the smoke cases were judged; None if they passed."""
        return self.results.smoke.reason if self.results is not None and self.results.smoke is not None else None

    @property
    def abilities(self) -> FoundAbilities | None:
        """The abilities that the chat model showed and did not show; None if it answered nothing about them."""
        model = self.target.models.get("chat")
        if self.results is None or model is None:
            return None
        answers = (one for sent in self.results.evidence.values() if isinstance(sent, tuple) for one in sent)
        found = found_abilities(model, answers, self.cases, self.checks[COLOUR_CHECK])
        return found if found.shown or found.not_shown else None

    def reason_not_judged(self, planned: PlannedVerdict) -> str | None:
        """Reason why a planned verdict cannot be judged, regardless of its evidence; None if it can."""
        if self.results is None:
            return None
        smoke, broken = self.results.smoke, self.results.broken_by_peer
        if smoke is not None and planned is not smoke.planned:
            return f"the smoke case failed: {smoke.reason}"
        if broken and not planned.check.startswith("wire."):
            return f"the first response broke HTTP ({broken}); the wire checks judge that"
        if self.checks[planned.check].every_request:
            return None
        sent, cases = self.results.evidence, [name for _, name in planned.cases if name in self.cases]
        reasons = (reason_in_role(self.target, self.cases[name], sent.get(name)) for name in cases)
        return next((reason for reason in reasons if reason is not None), None)


def first_reason(planned: PlannedVerdict, target: Target, reason_of: Callable[[str], NotSent | None]) -> NotSent | None:
    """The reason why a run does not judge a planned verdict; None if there is none.

    Args:
        reason_of: name of a case → the reason why it is not sent.
    """
    if lacking := planned.needs - target.means:
        return NotSent("untestable", not_given(lacking))
    return next((reason for _, name in planned.cases if (reason := reason_of(name)) is not None), None)


def open_target_run(target: Target, providers: Mapping[str, Provider], checks: Mapping[str, Check]) -> TargetRun:
    """The run of a target with the planned verdicts of all columns.

    Raises ConfigError for a clause that names a check or a case that does not exist.
    """
    cases = loading.load_cases()
    columns = columns_for(target.provider, providers)
    planned_verdicts = plan_columns(target, columns, cases, _generated_cases(target.provider))
    for planned in planned_verdicts:
        if planned.check not in checks:
            clause = planned.clauses[0][0].id
            raise ConfigError(f"clause {clause}", f"no check is called {planned.check!r}", "name a check of suites/")
    smoke_first = sorted(planned_verdicts, key=lambda planned: (planned.case not in SMOKE_CASES,))
    larger = PROFILES[PROFILES.index(target.profile) + 1 :]
    parts: dict[bool, list[PlannedVerdict]] = {False: [], True: []}
    for planned in smoke_first:
        parts[planned.profile(cases) in larger].append(planned)
    return TargetRun(target, columns, cases, checks, tuple(parts[False]), left_out=tuple(parts[True]))


def _generated_cases(provider: Provider) -> tuple[str, ...]:
    """The cases that are generated from the target's own document; none without the extra `generate`."""
    if not has_extra(GENERATE):
        return ()
    # Imported late, because pytest has to be the first to import hypothesis.
    from wireproof.generation.families import strategies_by_case
    from wireproof.generation.state_machines import stateful_cases

    return (*strategies_by_case(provider), *stateful_cases(provider))
