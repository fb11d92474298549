"""A trial: one target, its columns, its docket, its evidence, its verdicts.

The target is judged by its own document and, as a second column on the same exchanges, by OpenAI's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wireproof import config
from wireproof.case import PROFILES, Case
from wireproof.check import Check
from wireproof.contract import SchemaSet
from wireproof.docket import Entry, docket
from wireproof.errors import ConfigError
from wireproof.evidence import Evidence
from wireproof.gather import SMOKE_CASES, Gathered, gather, with_models
from wireproof.judge import Bench
from wireproof.provider import Provider
from wireproof.recorder import Recorder
from wireproof.target import Target
from wireproof.verdict import Verdict


@dataclass(slots=True)
class Trial:
    """One target on trial; `gathered` is None until its cases were sent."""

    target: Target
    columns: tuple[Provider, ...]
    cases: Mapping[str, Case]
    checks: Mapping[str, Check]
    entries: tuple[Entry, ...]
    gathered: Gathered | None = None
    _by_check: dict[str, list[Entry]] = field(init=False)
    _smoke: tuple[Entry, str] | None = field(default=None)
    _broken: str | None = field(default=None)
    _benches: dict[str, Bench] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_check = {}
        for entry in self.entries:
            self._by_check.setdefault(entry.check, []).append(entry)

    def judged_by(self, check: str) -> Sequence[Entry]:
        """The entries that a check judges."""
        return self._by_check.get(check, ())

    def asks(self, entry: Entry) -> bool:
        """Whether the profile of the target asks what an entry judges."""
        cases = [self.cases[name] for _, name in entry.cases if name in self.cases]
        return all(PROFILES.index(case.profile) <= PROFILES.index(self.target.profile) for case in cases)

    def bench(self, provider: str) -> Bench:
        """What judging by that column needs."""
        if provider not in self._benches:
            column = next(column for column in self.columns if column.name == provider)
            judged = frozenset((e.check, e.case) for e in self.entries if e.provider == provider)
            self._benches[provider] = Bench(
                self.target, column, SchemaSet(column.schemas), self.checks, self.cases, judged
            )
        return self._benches[provider]

    async def gather(self, wanted: Iterable[str], record: Recorder | None = None) -> Gathered:
        """Send the cases of that name, after the smoke cases."""
        cases = [self.cases[name] for name in wanted]
        undecided = self._undecided({case.name for case in cases})
        self.gathered = await gather(self.target, cases, self.cases, self._smoke_failure, undecided, record)
        self.target = self.gathered.target
        self._broken = _broken_by_peer(self.gathered.evidence)
        return self.gathered

    def recall(self, turns: Sequence[Evidence]) -> Gathered:
        """Take what was gathered at another time, turn after turn."""
        evidence, *again = turns
        self.target = with_models(self.target, evidence.get(SMOKE_CASES[0]))
        failure = self._smoke_failure(self.target, evidence)
        requests = sum(len(sent) for turn in turns for sent in turn.values() if isinstance(sent, tuple))
        self.gathered = Gathered(self.target, evidence, failure, requests, tuple(again))
        self._broken = _broken_by_peer(evidence)
        return self.gathered

    def judge(self, entry: Entry) -> Verdict:
        """The verdict of one entry of the docket."""
        assert self.gathered is not None
        bench, reason, evidence = self.bench(entry.provider), self.reason(entry), self.gathered.evidence
        verdict = bench.judge(entry, evidence, reason)
        for number, later in enumerate(self.gathered.again, 2):
            # Only what decided nothing is judged by a later answer: a failure is never asked away.
            if verdict.outcome != "inconclusive" or entry.case not in later:
                break
            verdict = bench.judge(entry, {**evidence, **later}, reason)
            verdict = replace(verdict, message=f"{verdict.message} (answer {number})".strip())
        return verdict

    @property
    def smoke(self) -> str | None:
        """Why nothing else could be judged; None where the target is there."""
        return self._smoke[1] if self._smoke else None

    def reason(self, entry: Entry) -> str | None:
        """Why an entry cannot be judged, whatever its evidence; None where it can."""
        if self._smoke is not None and entry is not self._smoke[0]:
            return f"the smoke case failed: {self._smoke[1]}"
        if self._broken and not entry.check.startswith("wire."):
            return f"the first answer broke HTTP ({self._broken}); the wire checks judge that"
        return None

    def _undecided(self, wanted: Collection[str]) -> Callable[[Evidence], set[str]]:
        entries = [entry for entry in self.entries if entry.case in wanted]

        def names(evidence: Evidence) -> set[str]:
            return {entry.case for entry in entries if self.bench(entry.provider).undecided(entry, evidence)}

        return names

    def _smoke_failure(self, target: Target, evidence: Evidence) -> str | None:
        self.target = target
        self._benches.clear()
        for entry in self.entries:
            if entry.provider == target.provider.name and entry.check.startswith("smoke."):
                verdict = self.bench(entry.provider).judge(entry, evidence)
                if verdict.outcome in ("fail", "error"):
                    self._smoke = (entry, f"{target.name} at {target.base_url}: {verdict.message}")
                    return self._smoke[1]
        return None


def open_trial(target: Target, known: Mapping[str, Provider], checks: Mapping[str, Check]) -> Trial:
    """A trial with the dockets of both columns.

    Raises ConfigError for a clause that names a check or a case that does not exist.
    """
    # Imported when they are wanted: pytest wants to be first to import hypothesis.
    from wireproof.generated.families import strategies
    from wireproof.generated.machines import stateful

    cases = config.load_cases()
    columns = [target.provider]
    if target.provider.name != config.BASELINE:
        columns.append(known[config.BASELINE])
    entries: list[Entry] = []
    for column in columns:
        # Requests are generated from the target's own document, and judged by it alone.
        drawn = (*strategies(column), *stateful(column)) if column is target.provider else ()
        entries += docket(target, column, config.load_clauses(column.schemas), cases, drawn)
    for entry in entries:
        if entry.check not in checks:
            clause = entry.clauses[0][0].id
            raise ConfigError(f"clause {clause}", f"no check is called {entry.check!r}", "name a check of suites/")
    entries.sort(key=lambda entry: (entry.case not in SMOKE_CASES,))
    return Trial(target, tuple(columns), cases, checks, tuple(entries))


def _broken_by_peer(evidence: Evidence) -> str | None:
    for name in SMOKE_CASES:
        sent = evidence.get(name)
        if isinstance(sent, tuple) and sent[-1].broken is not None and sent[-1].broken.by_peer:
            return sent[-1].broken.detail
    return None
