"""Standing rules: checks that clauses cite for every exchange of a kind, applied to generated requests."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field, replace

from wireproof.contract.case import Case
from wireproof.contract.clause import Clause, Judgement
from wireproof.contract.target_columns import document_column, wire_column
from wireproof.evidence.exchange import Exchange
from wireproof.judging.check import Finding, Violation
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import PlannedVerdict, is_selector, selector_matches

# The cause of an undocumented refusal; it only makes the case one that is refused.
ANY_REFUSAL_CAUSE = "malformed-json"


@dataclass(slots=True)
class StandingRules:
    """The planned verdicts of one document and of the wire that select their cases by kind."""

    judge: Judge
    _entries: dict[tuple[str, str], tuple[PlannedVerdict, ...]] = field(default_factory=dict)

    def check_exchange(self, case: Case, exchange: Exchange) -> None:
        """Raises a Violation with the findings of every broken rule; its check id precedes each expectation."""
        case = replace(
            case, asks=case.asks[:1], refused=None if exchange.is_success else case.refused or ANY_REFUSAL_CAUSE
        )
        judge = replace(self.judge, cases=ChainMap({case.name: case}, dict(self.judge.cases)))
        evidence = {case.name: (exchange,)}
        findings: list[Finding] = []
        for entry in self._rules_for(case):
            verdict = judge.judge(replace(entry, cases=(("exchange", case.name),)), evidence)
            if verdict.outcome == "error":
                raise RuntimeError(f"{entry.check}: {verdict.message}")
            if verdict.outcome == "fail":
                findings += [replace(item, expected=f"{entry.check}: {item.expected}") for item in verdict.findings]
        if findings:
            raise Violation.from_findings(tuple(findings))

    def _rules_for(self, case: Case) -> tuple[PlannedVerdict, ...]:
        kind = (case.endpoint, case.kind)
        if kind not in self._entries:
            self._entries[kind] = self._select_rules(case)
        return self._entries[kind]

    def _select_rules(self, case: Case) -> tuple[PlannedVerdict, ...]:
        provider = self.judge.provider
        grouped: dict[str, list[tuple[Clause, Judgement]]] = {}
        for column in (wire_column(provider), document_column(provider)):
            for clause, judgement in column.judgements:
                selector = judgement.case.get("exchange", "")
                if judgement.level == "must" and is_selector(selector) and selector_matches(selector, case):
                    grouped.setdefault(judgement.check, []).append((clause, judgement))
        target, name = self.judge.target.name, provider.name
        return tuple(PlannedVerdict(target, name, check, (), tuple(by)) for check, by in grouped.items())
