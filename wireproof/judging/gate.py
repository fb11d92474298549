"""The gate: decides which verdicts fail a run, by level, by column and by the baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wireproof.contract.clause import WIRE
from wireproof.contract.loading import BASELINE_PROVIDER
from wireproof.judging.baseline import Baseline, KnownFailure
from wireproof.judging.core_promises import main_reasons, missing_core, missing_share
from wireproof.judging.decided_promises import DocumentPromises
from wireproof.judging.excuse_counts import repeated_excuses
from wireproof.judging.outcomes import DECIDED_OUTCOMES, GATING_OUTCOMES, OUTCOMES, STEADY_SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

AUTHORITIES = ("document", "openai", "wire", "all")


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules by which verdicts fail a run.

    Attributes:
        fail_on: the lowest level at which a broken promise fails the run.
        authority: the columns that fail the run beside the wire, which always does: document, openai, all, or wire for
            no other.
        own: target name → the provider whose document is its own contract.
        baseline: the known failures; None for none.
        require_decided: the share of its own document's promises that a run has to decide, from 0 to 1.
        baseline_skips: the baseline holds skips too, and a skip that it does not hold fails the run.
    """

    fail_on: str = "must"
    authority: str = "document"
    own: Mapping[str, str] = field(default_factory=dict)
    baseline: Baseline | None = None
    require_decided: float = 0.0
    baseline_skips: bool = False

    def is_gating_column(self, verdict: Verdict | PlannedVerdict) -> bool:
        """True if the verdict, reached or planned, belongs to a column that can fail the run."""
        if self.authority == "all" or verdict.provider == WIRE:
            return True
        gating = {"document": self.own[verdict.target], "openai": BASELINE_PROVIDER}.get(self.authority)
        return verdict.provider == gating

    def known_failure(self, verdict: Verdict) -> KnownFailure | None:
        """The baseline entry that expects this verdict; None if there is none."""
        return self.baseline.entry_expecting(verdict) if self.baseline is not None else None

    def fails_run(self, verdict: Verdict) -> bool:
        """True if the verdict fails the run: an unexpected failure or, where skips are held, an unexpected skip."""
        can_fail = verdict.gates(self.fail_on) if self.baseline is None else self.belongs_in_baseline(verdict)
        return can_fail and self.is_gating_column(verdict) and self.known_failure(verdict) is None

    def belongs_in_baseline(self, verdict: Verdict) -> bool:
        """True if a baseline of this run has to hold the verdict."""
        is_held_skip = self.baseline_skips and verdict.outcome in STEADY_SKIP_OUTCOMES
        return self.is_gating_column(verdict) and (is_held_skip or verdict.gates(self.fail_on))

    def stale_entries(self, verdicts: Iterable[Verdict], judged: Collection[tuple[str, str, str, str]]) -> list[str]:
        """One sentence for each baseline entry that no longer applies."""
        if self.baseline is None:
            return []
        gating = [verdict for verdict in verdicts if self.is_gating_column(verdict)]
        return list(self.baseline.stale_entries(gating, judged, skips=self.baseline_skips).values())

    def repeated_excuses(self, verdicts: Iterable[Verdict]) -> list[str]:
        """One sentence for each excuse that a gating column gives again and again; each fails the run at must."""
        return repeated_excuses(verdict for verdict in verdicts if self.is_gating_column(verdict))

    def exit_code(
        self, verdicts: Sequence[Verdict], stale: Sequence[str] = (), promises: Sequence[DocumentPromises] = ()
    ) -> int:
        """The exit code: 0 the contract holds, 1 it is broken, 2 we could not ask or too little was judged.

        Args:
            promises: the promises of the targets, which a required share needs.
        """
        code = self._code_of_verdicts(verdicts, stale)
        if code == 0 and self._shortage(verdicts, promises):
            return 2
        return 1 if code == 0 and self.repeated_excuses(verdicts) else code

    def too_little_decided(
        self, verdicts: Sequence[Verdict], stale: Sequence[str] = (), promises: Sequence[DocumentPromises] = ()
    ) -> list[str]:
        """One sentence for each reason why a run that nothing failed does not end with 0; empty for all others."""
        return self._shortage(verdicts, promises) if self._code_of_verdicts(verdicts, stale) == 0 else []

    def _code_of_verdicts(self, verdicts: Sequence[Verdict], stale: Sequence[str]) -> int:
        failed_smoke = any(v.area == "smoke" and v.outcome in GATING_OUTCOMES and self.fails_run(v) for v in verdicts)
        if failed_smoke or any(OUTCOMES[verdict.outcome].fails_run == "always" for verdict in verdicts):
            return 2
        return 1 if any(self.fails_run(verdict) for verdict in verdicts) or stale else 0

    def _shortage(self, verdicts: Sequence[Verdict], promises: Sequence[DocumentPromises]) -> list[str]:
        if not any(verdict.outcome in DECIDED_OUTCOMES for verdict in verdicts):
            return [f"no promise could be judged{main_reasons(verdicts)}"]
        columns: dict[tuple[str, str], list[Verdict]] = {}
        for verdict in verdicts:
            if verdict.provider == self.own.get(verdict.target) or self.is_gating_column(verdict):
                columns.setdefault((verdict.target, verdict.provider), []).append(verdict)
        return missing_core(columns.values()) + missing_share(promises, self.own.items(), self.require_decided)
