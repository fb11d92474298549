"""Explains an id as data: a check, a clause, a fault, a case or a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.client.request_preview import preview
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import chains_of_bases
from wireproof.contract.clause import WIRE, Clause, Judgement
from wireproof.contract.provider import Provider
from wireproof.contract.target_columns import clauses_of_column, source_of_column
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean
from wireproof.judging.check import Check
from wireproof.judging.remedies import advice_for
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import is_selector, selector_matches
from wireproof.mock.faults import Fault, faults
from wireproof.proof.source_places import case_place, check_place, fault_places
from wireproof.report.docs.kill_matrix_page import KillMatrix

# Fault → provider → check → cases, as `wireproof prove --write` writes it.
ExplainedFacts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class IdIndex:
    """All things that have an id, and the kill matrix.

    Attributes:
        clauses: clause id → the name of its column, and the clause.
        matrix: the kill matrix; empty if there is none.
    """

    providers: Mapping[str, Provider]
    checks: Mapping[str, Check]
    clauses: Mapping[str, tuple[str, Clause]]
    cases: Mapping[str, Case]
    faults: Mapping[str, Fault]
    matrix: KillMatrix

    @classmethod
    def from_providers(cls, providers: Mapping[str, Provider], matrix: KillMatrix) -> IdIndex:
        """The index of these providers and of all checks, cases and faults."""
        indexes = {name: clauses_of_column(name, providers) for name in (*providers, WIRE)}
        clauses = {clause.id: (name, clause) for name, index in indexes.items() for clause in index}
        return cls(providers, load_checks(), clauses, loading.load_cases(), faults(), matrix)

    def explain(self, id: str, provider: str | None = None) -> ExplainedFacts:
        """The facts about an id; raises ConfigError, which names similar ids, for an unknown one.

        Args:
            provider: the provider for which the requests of a case are built; by default the first that has the case.
        """
        kinds: Mapping[str, tuple[Mapping[str, Any], Callable[[str], ExplainedFacts]]] = {
            "check": (self.checks, self._explain_check),
            "clause": (self.clauses, self._explain_clause),
            "fault": (self.faults, self._explain_fault),
            "case": (self.cases, lambda name: self._explain_case(name, provider)),
            "provider": (self.providers, self._explain_provider),
        }
        for kind, (ids, explain) in kinds.items():
            if id in ids:
                return {"kind": kind, "id": id, **explain(id)}
        every = [one for ids, _ in kinds.values() for one in ids]
        raise ConfigError(id, "nothing has this id", did_you_mean(id, every, "see `wireproof clauses`"))

    def _explain_check(self, id: str) -> ExplainedFacts:
        cited = [
            (name, clause, judgement)
            for name, clause in self.clauses.values()
            for judgement in clause.judged
            if judgement.check == id
        ]
        broken_by = self._narrowest_first(
            f for f in self.faults if any(id in by for by in self.matrix.get(f, {}).values())
        )
        return {
            "requirement": self.checks[id].requirement,
            "file": check_place(self.checks[id]),
            "authority": _distinct_values(clause.authority for _, clause, _ in cited),
            "levels": _distinct_values(judgement.level for _, _, judgement in cited),
            "providers": _distinct_values(name for name, _, _ in cited),
            "cases": _distinct_values("+".join(judgement.case.values()) for _, _, judgement in cited),
            "stands": _distinct_values(f"{clause.id}: {clause.place}" for _, clause, _ in cited),
            "broken_by": broken_by,
            "bitten": self._report_links(broken_by),
            "mend": advice_for(id),
        }

    def _explain_clause(self, id: str) -> ExplainedFacts:
        name, clause = self.clauses[id]
        broken_by = self._narrowest_first(fault for fault in self.faults if self._breaks_clause(fault, name, clause))
        return {
            "says": clause.says,
            "provider": name,
            "authority": clause.authority,
            "basis": clause.basis,
            "place": clause.place,
            "document": source_of_column(name, self.providers),
            "state": clause.excluded or clause.state,
            "judged": [f"{one.check} on {'+'.join(one.case.values())} ({one.level})" for one in clause.judged],
            "needs": sorted(clause.needs.union(*(one.needs for one in clause.judged))),
            "broken_by": broken_by,
            "bitten": self._report_links(broken_by),
            "mend": _distinct_values(advice_for(one.check) for one in clause.judged),
        }

    def _explain_fault(self, id: str) -> ExplainedFacts:
        fault, broken = self.faults[id], self.matrix.get(id, {})
        checks = _distinct_values(check for by in broken.values() for check in by)
        return {
            "says": fault.sentence,
            "file": fault_places(id),
            "endpoints": list(fault.endpoints),
            "within_the_rules": fault.harmless,
            "bitten": self._report_links([id]),
            "breaks": {name: {check: list(cases) for check, cases in by.items()} for name, by in broken.items()},
            "mend": _distinct_values(advice_for(check) for check in checks),
        }

    def _explain_case(self, id: str, provider: str | None) -> ExplainedFacts:
        case = self.cases[id]
        cited = [
            (clause.id, one.check)
            for _, clause in self.clauses.values()
            for one in clause.judged
            if _names_case(one, case)
        ]
        return {
            "says": case.says,
            "file": case_place(id),
            "bases": self._bases(id),
            "endpoint": case.endpoint,
            "aims": case.kind if case.refused is None else f"refusal: {case.refused}",
            "profile": case.profile,
            "repeat": case.repeat if case.repeat > 1 else None,
            "connection": case.connection,
            "together": case.together or None,
            "requests": case.request_count,
            "feature": ", ".join(case.features) or None,
            "needs": sorted(case.means),
            "checks": _distinct_values(check for _, check in cited),
            "clauses": _distinct_values(clause for clause, _ in cited),
            **self._request_facts(case, provider),
        }

    def _bases(self, name: str) -> list[list[ExplainedFacts]]:
        """The base cases of each request of a case, the nearest first."""
        chains = chains_of_bases(name, loading.case_entries())
        return [
            [{"case": base, "file": case_place(base), "says": self.cases[base].says} for base in chain]
            for chain in chains
        ]

    def _request_facts(self, case: Case, provider: str | None) -> ExplainedFacts:
        """The requests of a case for a provider, or the reason why no provider can be sent it."""
        unsent_reason = ""
        names = [loading.find_provider(self.providers, provider).name] if provider else self._providers_for(case)
        for name in names:
            try:
                return {"sent_to": name, "sends": preview(case, self.providers[name])}
            except CannotSend as reason:
                unsent_reason = unsent_reason or str(reason)
        return {"unsent": unsent_reason}

    def _providers_for(self, case: Case) -> list[str]:
        """All providers: first those whose clauses name a case, among them the baseline first."""
        naming = {
            name
            for name, clause in self.clauses.values()
            if any(case.name in one.case.values() for one in clause.judged)
        }
        return sorted(
            self.providers,
            key=lambda name: (name not in naming, name != loading.BASELINE_PROVIDER),
        )

    def _explain_provider(self, id: str) -> ExplainedFacts:
        provider = self.providers[id]
        states = [clause.state for name, clause in self.clauses.values() if name == id]
        return {
            "says": provider.title,
            "document": provider.document,
            "base_url": provider.base_url,
            "key_env": provider.key_env,
            "clauses": {state: states.count(state) for state in _distinct_values(states)},
            "endpoints": [f"{name}: {one.method} {one.path}" for name, one in provider.endpoints.items()],
            "promised": sorted(provider.promised),
            "optional": sorted(provider.optional),
        }

    def _breaks_clause(self, fault: str, provider: str, clause: Clause) -> bool:
        by_provider = self.matrix.get(fault, {})
        matrices = by_provider.values() if provider == WIRE else (by_provider.get(provider, {}),)
        return any(
            _is_judged_by(one, case, self.cases)
            for broken in matrices
            for one in clause.judged
            for case in broken.get(one.check, ())
        )

    def _narrowest_first(self, ids: Iterable[str]) -> list[str]:
        """The faults by the number of checks that they break, ascending."""
        return sorted(ids, key=lambda id: len({check for by in self.matrix[id].values() for check in by}))

    def _report_links(self, ids: Iterable[str]) -> list[str]:
        return _distinct_values(report_link(self.faults[id].source) for id in ids if self.faults[id].source)


def report_link(source: str) -> str:
    """The address of a public report given as owner/repository#number."""
    repository, _, number = source.partition("#")
    return f"https://github.com/{repository}/issues/{number}"


def _names_case(judgement: Judgement, case: Case) -> bool:
    names = judgement.case.values()
    return any(name == case.name or (is_selector(name) and selector_matches(name, case)) for name in names)


def _is_judged_by(judgement: Judgement, case: str, cases: Mapping[str, Case]) -> bool:
    if case == "+".join(judgement.case.values()):
        return True
    selector = judgement.case.get("exchange", "")
    return case in cases and is_selector(selector) and selector_matches(selector, cases[case])


def _distinct_values(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
