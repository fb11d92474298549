"""Judges the derived faults of one contract as an ordinary run of the default profile would."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wireproof.evidence.access_tracking import changed_parts
from wireproof.evidence.case_result import CaseResult
from wireproof.judging.verdict import Verdict
from wireproof.mock.faults.fault import Fault
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import ChangedResult, WatchedVerdict
from wireproof.proof.gate_effect import GATE_PROFILE, RED_WORDS, GateEffect
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer, recorded_answers
from wireproof.proof.unseen.derived_fault import DerivedFault, changed_exchanges, form_of_exchange
from wireproof.proof.unseen.derived_outcome import DerivedOutcome, shortest_change
from wireproof.proof.unseen.fault_sample import class_samples
from wireproof.proof.unseen.legal_reasons import LegalReason, find_reason
from wireproof.session.target_run import TargetRun

# A class whose faults change nothing so many times as it has faults to judge is not searched any further.
MOST_VAIN_DRAWS = 5
OUTCOMES_PER_COLLECTION = 40


@dataclass(frozen=True, slots=True)
class JudgedEffect:
    """The effect of a fault on the gate."""

    red: bool
    effect: GateEffect


class DerivedColumn:
    """The derived faults of one contract, judged one by one.

    Attributes:
        column: the planned verdicts of an ordinary run of the default profile.
        pool: the fault-free answers of its cases.
    """

    def __init__(self, target_run: TargetRun) -> None:
        self.column = ColumnProof(target_run, GATE_PROFILE)
        self.pool = AnswerPool(())
        self._always: dict[str, JudgedEffect] = {}

    async def record(self) -> None:
        """Records the fault-free answers."""
        await self.column.judge_dry()
        self.pool = AnswerPool(tuple(self._answers()), self.column.request_defaults)

    def _answers(self) -> Iterable[RecordedAnswer]:
        for name, result in self.column.dry_results.items():
            if isinstance(result, tuple):
                yield from recorded_answers(name, self.column.steps_of(name), result)

    async def judge_sample(self, count: int, seed: str, reasons: Sequence[LegalReason]) -> list[DerivedOutcome]:
        """Judges so many faults of the sample, as many of each class as there are, in turn."""
        waiting = dict(class_samples(list(self.column.cases), self.pool, f"{seed}/{self.column.name}"))
        vain = dict.fromkeys(waiting, 0)
        found: list[DerivedOutcome] = []
        while waiting and len(found) < count:
            for family, drawn in list(waiting.items()):
                outcome = None
                while outcome is None and family in waiting:
                    case_and_fault = next(drawn, None)
                    outcome = case_and_fault and await self.judge(*case_and_fault, reasons)
                    vain[family] += outcome is None
                    if case_and_fault is None or vain[family] > MOST_VAIN_DRAWS * count:
                        del waiting[family]
                if outcome is not None and len(found) < count:
                    found.append(outcome)
                    if len(found) % OUTCOMES_PER_COLLECTION == 0:
                        gc.collect()
        return found

    async def judge(self, case: str, fault: DerivedFault, reasons: Sequence[LegalReason]) -> DerivedOutcome | None:
        """Judges one fault, first on its case alone and then on every case; None if it changes nothing there."""
        injected = fault.as_fault()
        result = await self._changed(fault, injected, case)
        if result is None:
            return None
        once = self._judge(injected, {case: result})
        always = None if once.red else await self._judge_always(fault, injected)
        strongest = min((one for one in (once, always) if one is not None), key=lambda one: one.effect.rank)
        red = once.red or (always is not None and always.red)
        refused = _refusals(result.sent) > _refusals(self.column.dry_results[case])
        reason = "" if red else find_reason(self.column.name, case, fault, reasons, refused=refused)
        silent = "advice" if strongest.effect.word in ("advice", "all", "examples", "means") else "silent"
        before, after = shortest_change(self.column.dry_results[case], result.sent)
        return DerivedOutcome(
            self.column.name,
            fault.family,
            f"{fault.kind.endpoint}:{fault.kind.form}",
            fault.place,
            case,
            "red" if red else "legal" if reason else silent,
            once.red,
            always.red if always is not None else None,
            strongest.effect.check,
            before,
            after,
            reason,
        )

    async def _judge_always(self, fault: DerivedFault, injected: Fault) -> JudgedEffect:
        if injected.id not in self._always:
            results = [(name, await self._changed(fault, injected, name)) for name in self.column.cases]
            changed = {name: result for name, result in results if result is not None}
            self._always[injected.id] = self._judge(injected, changed)
        return self._always[injected.id]

    async def _changed(self, fault: DerivedFault, injected: Fault, case: str) -> ChangedResult | None:
        """The result of a case under a fault; None if it does not change."""
        if fault.on_exchange is None:
            self.column.admit_fault(injected)
            return await self.column.changed_case(injected, case)
        before = self.column.dry_results[case]
        after = changed_exchanges(fault, before)
        return None if after == before else ChangedResult(after, changed_parts(before, after))

    def _judge(self, fault: Fault, changed: Mapping[str, ChangedResult]) -> JudgedEffect:
        """The effect of these results; the search ends with the first verdict that turns the gate red."""
        results = {name: result.sent for name, result in changed.items()}
        verdicts: list[tuple[WatchedVerdict, Verdict]] = []
        for watched, _, verdict in self.column.judge_changed(changed):
            verdicts.append((watched, verdict))
            if watched.breaks(fault, verdict) and verdict.gates():
                effect = self.column.find_gate_effect(fault, [(watched, verdict)], results)
                if effect.word in RED_WORDS:
                    return JudgedEffect(True, effect)
        effect = self.column.find_gate_effect(fault, verdicts, results)
        return JudgedEffect(effect.word in RED_WORDS, effect)


def _refusals(result: CaseResult) -> int:
    """The number of refusals among the answers of a case."""
    return sum(form_of_exchange(exchange) == "refusal" for exchange in result) if isinstance(result, tuple) else 0
