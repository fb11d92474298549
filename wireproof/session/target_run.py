"""A trial: one target, its columns, its docket, its evidence, its verdicts.

The target is judged by its own document and, as a second column on the same exchanges, by OpenAI's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wireproof.client.recorder import Recorder
from wireproof.contract import loading
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import Evidence
from wireproof.judging.check import Check
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.judge import Judge
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict, plan_verdicts
from wireproof.session.model_choice import with_models
from wireproof.session.send_target import SMOKE_CASES, TargetEvidence, send_to_target, smoke_failure


@dataclass(slots=True)
class TargetRun:
    """One target on trial; `gathered` is None until its cases were sent."""

    target: Target
    columns: tuple[Provider, ...]
    cases: Mapping[str, Case]
    checks: Mapping[str, Check]
    entries: tuple[PlannedVerdict, ...]
    gathered: TargetEvidence | None = None
    _by_check: dict[str, list[PlannedVerdict]] = field(init=False)
    _judges: ColumnJudges | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._by_check = {}
        for entry in self.entries:
            self._by_check.setdefault(entry.check, []).append(entry)

    def entries_for_check(self, check: str) -> Sequence[PlannedVerdict]:
        """The entries that a check judges."""
        return self._by_check.get(check, ())

    def is_in_profile(self, entry: PlannedVerdict) -> bool:
        """Whether the profile of the target asks what an entry judges."""
        cases = [self.cases[name] for _, name in entry.cases if name in self.cases]
        return all(PROFILES.index(case.profile) <= PROFILES.index(self.target.profile) for case in cases)

    @property
    def judges(self) -> ColumnJudges:
        """The judges of the target as it stands: once it was sent its cases, those that heard what came."""
        if self.gathered is not None:
            return self.gathered.judges
        if self._judges is None or self._judges.target is not self.target:
            self._judges = ColumnJudges(self.target, self.columns, self.cases, self.checks, self.entries)
        return self._judges

    def judge_for(self, provider: str) -> Judge:
        """The judge of that column."""
        return self.judges.judge(provider)

    async def send_cases(self, wanted: Iterable[str], record: Recorder | None = None) -> TargetEvidence:
        """Send the cases of that name, after the smoke cases."""
        return self._take(await send_to_target(self.judges, [self.cases[name] for name in wanted], record))

    def take_evidence(self, turns: Sequence[Evidence]) -> TargetEvidence:
        """Take what was gathered at another time, turn after turn."""
        evidence, *again = turns
        judges = self.judges.with_target(with_models(self.target, evidence.get(SMOKE_CASES[0])))
        requests = sum(len(sent) for turn in turns for sent in turn.values() if isinstance(sent, tuple))
        return self._take(TargetEvidence(judges, evidence, smoke_failure(judges, evidence), requests, tuple(again)))

    def _take(self, gathered: TargetEvidence) -> TargetEvidence:
        self.gathered, self.target = gathered, gathered.target
        return gathered

    def judge(self, entry: PlannedVerdict) -> Verdict:
        """The verdict of one entry of the docket."""
        assert self.gathered is not None
        bench, reason, evidence = self.judge_for(entry.provider), self.reason_not_judged(entry), self.gathered.evidence
        verdict = bench.judge(entry, evidence, reason)
        for number, later in enumerate(self.gathered.again, 2):
            # Only what decided nothing is judged by a later answer: a failure is never asked away.
            if verdict.outcome != "inconclusive" or entry.case not in later:
                break
            verdict = bench.judge(entry, {**evidence, **later}, reason)
            verdict = replace(verdict, message=f"{verdict.message} (answer {number})".strip())
        return verdict

    @property
    def smoke_failure(self) -> str | None:
        """Why nothing else could be judged; None where the target is there."""
        return self.gathered.smoke.reason if self.gathered is not None and self.gathered.smoke is not None else None

    def reason_not_judged(self, entry: PlannedVerdict) -> str | None:
        """Why an entry cannot be judged, whatever its evidence; None where it can."""
        if self.gathered is None:
            return None
        smoke, broken = self.gathered.smoke, self.gathered.broken_by_peer
        if smoke is not None and entry is not smoke.entry:
            return f"the smoke case failed: {smoke.reason}"
        if broken and not entry.check.startswith("wire."):
            return f"the first answer broke HTTP ({broken}); the wire checks judge that"
        return None


def open_target_run(target: Target, known: Mapping[str, Provider], checks: Mapping[str, Check]) -> TargetRun:
    """A trial with the dockets of both columns.

    Raises ConfigError for a clause that names a check or a case that does not exist.
    """
    # Imported when they are wanted: pytest wants to be first to import hypothesis.
    from wireproof.generation.families import strategies_by_case
    from wireproof.generation.state_machines import stateful_cases

    cases = loading.load_cases()
    columns = [target.provider]
    if target.provider.name != loading.BASELINE_PROVIDER:
        columns.append(known[loading.BASELINE_PROVIDER])
    entries: list[PlannedVerdict] = []
    for column in columns:
        # Requests are generated from the target's own document, and judged by it alone.
        drawn = (*strategies_by_case(column), *stateful_cases(column)) if column is target.provider else ()
        entries += plan_verdicts(target, column, loading.load_clauses(column.schemas), cases, drawn)
    for entry in entries:
        if entry.check not in checks:
            clause = entry.clauses[0][0].id
            raise ConfigError(f"clause {clause}", f"no check is called {entry.check!r}", "name a check of suites/")
    entries.sort(key=lambda entry: (entry.case not in SMOKE_CASES,))
    return TargetRun(target, tuple(columns), cases, checks, tuple(entries))
