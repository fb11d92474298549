"""The gate: decides which verdicts fail a run, by level, by column and by the baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wireproof.judging.baseline import Baseline, KnownFailure
from wireproof.judging.outcomes import DECIDED_OUTCOMES, OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules by which verdicts fail a run.

    Attributes:
        fail_on: the lowest level at which a broken promise fails the run.
        authority: the columns that fail the run: document, openai or all.
        own: target name → the provider whose document is its own contract.
        alone: the targets that have one column only, which counts whatever the authority is.
        baseline: the known failures; None for none.
    """

    fail_on: str = "must"
    authority: str = "document"
    own: Mapping[str, str] = field(default_factory=dict)
    alone: Collection[str] = ()
    baseline: Baseline | None = None

    def is_gating_column(self, verdict: Verdict | PlannedVerdict) -> bool:
        """True if the verdict, reached or planned, belongs to a column that can fail the run."""
        if self.authority == "all" or verdict.target in self.alone:
            return True
        return (verdict.provider == self.own[verdict.target]) == (self.authority == "document")

    def known_failure(self, verdict: Verdict) -> KnownFailure | None:
        """The baseline entry that expects this verdict; None if there is none."""
        return self.baseline.entry_expecting(verdict) if self.baseline is not None else None

    def fails_run(self, verdict: Verdict) -> bool:
        """True if the verdict fails the run: an unexpected failure or, with a baseline, an unexpected skip."""
        if not self.is_gating_column(verdict):
            return False
        skipped = self.baseline is not None and OUTCOMES[verdict.outcome].fails_run == "beside a baseline"
        return (skipped or verdict.gates(self.fail_on)) and self.known_failure(verdict) is None

    def stale_entries(self, verdicts: Iterable[Verdict], judged: Collection[tuple[str, str, str, str]]) -> list[str]:
        """One sentence for each baseline entry that no longer applies."""
        if self.baseline is None:
            return []
        return self.baseline.stale_entries([verdict for verdict in verdicts if self.is_gating_column(verdict)], judged)

    def exit_code(self, verdicts: Sequence[Verdict], stale: Sequence[str] = ()) -> int:
        """The exit code: 0 the contract holds, 1 it is broken, 2 we could not ask or nothing was judged."""
        failed_smoke = any(v.area == "smoke" and v.outcome == "fail" and self.fails_run(v) for v in verdicts)
        if failed_smoke or any(OUTCOMES[verdict.outcome].fails_run == "always" for verdict in verdicts):
            return 2
        if any(self.fails_run(verdict) for verdict in verdicts) or stale:
            return 1
        return 0 if any(verdict.outcome in DECIDED_OUTCOMES for verdict in verdicts) else 2
