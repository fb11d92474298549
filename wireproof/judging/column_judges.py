"""The judges of one target: one for each column, all with the same exchanges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from wireproof.contract.case import Case
from wireproof.contract.clause import LEVELS, WIRE
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.contract.target_columns import Column
from wireproof.evidence.case_result import Evidence
from wireproof.judging.check import Check
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import PlannedVerdict


@dataclass(frozen=True, slots=True)
class ColumnJudges:
    """One target with its planned verdicts; the judge of a column is made at its first use.

    Attributes:
        columns: the contracts judged by, the target's own first.
        cases: every case by name.
        checks: every check by id.
        entries: the planned verdicts of all columns.
    """

    target: Target
    # A traceback with local variables would otherwise print megabytes.
    columns: tuple[Column, ...] = field(repr=False)
    cases: Mapping[str, Case] = field(repr=False)
    checks: Mapping[str, Check] = field(repr=False)
    entries: tuple[PlannedVerdict, ...] = field(repr=False)
    _judges: dict[str, Judge] = field(init=False, repr=False, compare=False, default_factory=dict)

    def judge(self, column: str) -> Judge:
        """The judge of a column, by its name."""
        if column not in self._judges:
            provider = next(known.provider for known in self.columns if known.name == column)
            # A failure of the wire is reported beside every column.
            reported = (entry for entry in self.entries if entry.provider in (column, WIRE))
            planned = {
                (entry.check, entry.case): entry
                for entry in sorted(reported, key=lambda entry: LEVELS.index(entry.level))
            }
            schemas = SchemaSet(provider.schemas)
            self._judges[column] = Judge(self.target, provider, schemas, self.checks, self.cases, planned)
        return self._judges[column]

    def with_target(self, target: Target) -> ColumnJudges:
        """The same judges for another state of the target, without cached results."""
        return replace(self, target=target)

    def undecided_cases(self, evidence: Evidence, wanted: Collection[str]) -> list[str]:
        """Those of the wanted cases for which another response of the model may decide.

        The cases whose verdict can fail the default gate come first, each group in the order of the alphabet.
        """
        others = {column.name for column in self.columns[1:]} - {WIRE}
        ranks: dict[str, tuple[bool, int]] = {}
        for entry in self.entries:
            if entry.case in wanted and self.judge(entry.provider).is_undecided(entry, evidence):
                rank = (entry.provider in others, -LEVELS.index(entry.level))
                ranks[entry.case] = min(rank, ranks.get(entry.case, rank))
        return sorted(ranks, key=lambda name: (ranks[name], name))
