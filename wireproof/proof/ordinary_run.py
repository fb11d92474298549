"""The run that a user has, with one key and no other means: decides if the breaks of a fault turn its gate red."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wireproof.client.skip_reasons import skip_reason
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.clause import LEVELS
from wireproof.contract.target import Target
from wireproof.contract.target_options import TargetOptions, build_targets
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.judging.gate import Gate
from wireproof.judging.outcomes import GATING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.proof.gate_effect import GateEffect
from wireproof.session.send_target import SMOKE_CASES, TargetEvidence
from wireproof.session.target_run import TargetRun

# The column, the check and the case of a planned verdict.
PlannedKey = tuple[str, str, str]
# Any loopback address will do: nothing is sent to it.
LIVE_ADDRESS = "http://127.0.0.1:1/v1"


class OrdinaryRun:
    """A live run with one key and the default gate, which judges the evidence of the proof."""

    def __init__(self, target_run: TargetRun) -> None:
        own = target_run.target
        options = TargetOptions({"provider": (own.provider.name,), "endpoint": LIVE_ADDRESS, "profile": PROFILES[-1]})
        (live,) = build_targets(options, {})
        # The list of the mock has every model, and its deadlines fit the delays of its faults.
        self._target: Target = replace(live, models=own.models, deadlines=own.deadlines)
        self._run = replace(target_run, target=self._target, results=None)
        self._judges, self._gate = self._run.judges, Gate(own={own.name: own.provider.name})
        self._fault_free: dict[PlannedKey, Verdict] = {}
        self._profiles: dict[PlannedKey, int] = {}
        reasons = {name: skip_reason(case, self._target) for name, case in target_run.cases.items()}
        self._unsent = {name: reason for name, reason in reasons.items() if reason is not None}

    def set_fault_free(self, judged: Iterable[tuple[PlannedVerdict, Verdict]]) -> None:
        """Sets the verdicts on the fault-free server; those that the run has no means for are left out."""
        for planned, verdict in judged:
            if not self.missing_means(planned):
                self._fault_free[_key(planned)] = verdict
                self._profiles[_key(planned)] = PROFILES.index(self.profile_of(planned))

    def sends(self, case: Case, profile: str) -> bool:
        """True if a run of this profile sends the case."""
        return PROFILES.index(case.profile) <= PROFILES.index(profile) and case.name not in self._unsent

    def is_gating_column(self, planned: PlannedVerdict) -> bool:
        """True if the planned verdict belongs to a column that can fail the run."""
        return self._gate.is_gating_column(planned)

    def profile_of(self, planned: PlannedVerdict) -> str:
        """The smallest profile that sends all cases of a planned verdict."""
        return planned.profile(self._run.cases)

    def missing_means(self, planned: PlannedVerdict) -> tuple[str, ...]:
        """The means that a planned verdict needs and the run does not have."""
        needed = planned.needs.union(*(self._run.cases[name].means for _, name in planned.cases))
        return tuple(sorted(needed - self._target.means))

    def may_gate(self, planned: PlannedVerdict, profile: str) -> bool:
        """True if a failure of the planned verdict can turn the gate red from this profile on."""
        if PROFILES.index(self.profile_of(planned)) > PROFILES.index(profile) or self.missing_means(planned):
            return False
        return planned.area == "smoke" or planned.level == self._gate.fail_on

    def find_effect(
        self,
        broken: Iterable[tuple[PlannedVerdict, Verdict]],
        judged: Sequence[tuple[PlannedVerdict, Verdict]],
        evidence: Evidence,
    ) -> GateEffect:
        """The effect of a fault on the gate.

        Args:
            broken: the verdicts that it breaks.
            judged: the verdicts that were judged again under it.
            evidence: the results of all cases under it.
        """
        by_strength = sorted(broken, key=lambda pair: self._search_order(*pair))
        for planned, verdict in by_strength:
            if planned.area == "smoke":  # a run whose smoke cases fail judges nothing else, and ends with 2
                return GateEffect.from_verdict(PROFILES[0], verdict, PROFILES[0])
        self._take_evidence(evidence)
        effects = [GateEffect("silent")]
        for planned, verdict in by_strength:
            if self._run.reason_not_judged(planned) is not None:
                continue
            effects.append(self._effect_of(planned, verdict))
            if effects[-1].word in PROFILES:
                break
        effect = min(effects, key=lambda effect: effect.rank)
        if effect.word == PROFILES[0]:
            return effect
        profile = self._profile_of_shortage(judged)
        return effect if profile is None or effect.is_at_least(profile) else replace(effect, word=profile)

    def _profile_of_shortage(self, judged: Sequence[tuple[PlannedVerdict, Verdict]]) -> str | None:
        """The smallest profile whose run does not end with 0 because too little is decided; None if there is none."""
        under_fault = {_key(planned): verdict for planned, verdict in judged if not self._gate.fails_run(verdict)}
        if not any(map(self._is_newly_undecided, under_fault, under_fault.values())):
            return None
        verdicts = {key: under_fault.get(key, verdict) for key, verdict in self._fault_free.items()}
        for rank, profile in enumerate(PROFILES):
            if self._gate.exit_code([verdict for key, verdict in verdicts.items() if self._profiles[key] <= rank]):
                return profile
        return None

    def _is_newly_undecided(self, key: PlannedKey, verdict: Verdict) -> bool:
        """True if a verdict that is decided without the fault is not decided under it."""
        before = self._fault_free.get(key)
        return before is not None and verdict.outcome in SKIP_OUTCOMES and before.outcome not in SKIP_OUTCOMES

    def _take_evidence(self, evidence: Evidence) -> None:
        sent: dict[str, CaseResult] = {**evidence, **self._unsent}
        listed = evidence[SMOKE_CASES[0]]
        if isinstance(listed, tuple) and listed[-1].broken is not None:  # no other case is sent
            sent = {SMOKE_CASES[0]: listed}
        self._run.results = TargetEvidence(self._judges, sent, None, 0)

    def _search_order(self, planned: PlannedVerdict, verdict: Verdict) -> tuple[bool, int, int]:
        """Sorts the verdicts that may gate from the smallest profile on to the front."""
        return not verdict.gates(), len(self.missing_means(planned)), PROFILES.index(self.profile_of(planned))

    def _effect_of(self, planned: PlannedVerdict, verdict: Verdict) -> GateEffect:
        profile, means = self.profile_of(planned), self.missing_means(planned)
        if not self._gate.fails_run(verdict):
            is_advice = verdict.outcome in GATING_OUTCOMES and verdict.level != LEVELS[0]  # a may promises nothing
            word = "silent" if not is_advice else "means" if means else "advice"
            return GateEffect.from_verdict(word, verdict, profile, means)
        if not means and not self._gate.fails_run(self._run.judge(planned)):
            means = ("tier",)  # the only other thing that the target of the proof knows
        return GateEffect.from_verdict("means" if means else profile, verdict, profile, means)


def _key(planned: PlannedVerdict) -> PlannedKey:
    return planned.provider, planned.check, planned.case
