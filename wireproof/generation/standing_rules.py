"""The rules that ride on every exchange of a kind, held against the exchanges of generated requests."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field, replace

from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.clause import Clause, Judgement
from wireproof.evidence.exchange import Exchange
from wireproof.judging.check import Finding, Violation
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import PlannedVerdict, is_selector, selector_matches

# What stands for the cause of a refusal that no document asks for: it only has to be of the kind.
ANY_REFUSAL_CAUSE = "malformed-json"
# What must not be shown is held whatever the level: a leak is one to whoever reads it.
CHECKS_HELD_AT_ANY_LEVEL = frozenset({"errors.no-internals", "auth.no-leak"})


@dataclass(slots=True)
class StandingRules:
    """The entries of one column that name their cases by kind: what must hold, and what must not be shown."""

    bench: Judge
    _entries: dict[tuple[str, str], tuple[PlannedVerdict, ...]] = field(default_factory=dict)

    def check_exchange(self, case: Case, exchange: Exchange) -> None:
        """Raise a Violation that carries what every rule finds; the rule stands before what was expected."""
        case = replace(
            case, asks=case.asks[:1], refused=None if exchange.is_success else case.refused or ANY_REFUSAL_CAUSE
        )
        bench = replace(self.bench, cases=ChainMap({case.name: case}, dict(self.bench.cases)))
        evidence = {case.name: (exchange,)}
        findings: list[Finding] = []
        for entry in self._rules_for(case):
            verdict = bench.judge(replace(entry, cases=(("exchange", case.name),)), evidence)
            if verdict.outcome == "error":
                raise RuntimeError(f"{entry.check}: {verdict.message}")
            if verdict.outcome == "fail":
                findings += [replace(one, expected=f"{entry.check}: {one.expected}") for one in verdict.findings]
        if findings:
            raise Violation.from_findings(tuple(findings))

    def _rules_for(self, case: Case) -> tuple[PlannedVerdict, ...]:
        kind = (case.endpoint, case.kind)
        if kind not in self._entries:
            self._entries[kind] = self._select_rules(case)
        return self._entries[kind]

    def _select_rules(self, case: Case) -> tuple[PlannedVerdict, ...]:
        provider = self.bench.provider
        grouped: dict[str, list[tuple[Clause, Judgement]]] = {}
        for clause in loading.load_clauses(provider.schemas):
            for judgement in clause.judged:
                selector = judgement.case.get("exchange", "")
                holds = judgement.level == "must" or judgement.check in CHECKS_HELD_AT_ANY_LEVEL
                if holds and is_selector(selector) and selector_matches(selector, case):
                    grouped.setdefault(judgement.check, []).append((clause, judgement))
        target, name = self.bench.target.name, provider.name
        return tuple(PlannedVerdict(target, name, check, (), tuple(by)) for check, by in grouped.items())
