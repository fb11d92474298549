"""What stands behind an id: a check, a clause, a fault, a case or a provider, as data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from wireproof.client.request_preview import preview
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import data_files, loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import chains_of_bases
from wireproof.contract.clause import Clause, Judgement
from wireproof.contract.provider import Provider
from wireproof.errors import ConfigError
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.check import Check
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import is_selector, selector_matches
from wireproof.mock.faults import Fault, faults
from wireproof.proof.source_places import case_place, check_place, fault_places

# Fault → provider → check → cases, as `wireproof prove --write` gives it.
KillMatrix = Mapping[str, Mapping[str, Mapping[str, Any]]]
ExplainedFacts = dict[str, Any]


@cache
def read_advice() -> Mapping[str, str]:
    """How a server is mended, by check or by area."""
    found: Mapping[str, str] = read_yaml(data_files.PACKAGE_FOLDER / "proof" / "advice.yaml")
    return found


def advice_for(check: str) -> str:
    """How a server that fails a check is mended: the advice of the check, else that of its area."""
    return read_advice().get(check) or read_advice()[check.partition(".")[0]]


@dataclass(frozen=True, slots=True)
class IdIndex:
    """All that an id may name, and what the matrix says of the faults; that is empty where it is not at hand."""

    providers: Mapping[str, Provider]
    checks: Mapping[str, Check]
    clauses: Mapping[str, tuple[str, Clause]]
    cases: Mapping[str, Case]
    faults: Mapping[str, Fault]
    matrix: KillMatrix

    @classmethod
    def from_providers(cls, providers: Mapping[str, Provider], matrix: KillMatrix) -> IdIndex:
        """The library of these providers."""
        indexes = {name: loading.load_clauses(provider.schemas) for name, provider in providers.items()}
        clauses = {clause.id: (name, clause) for name, index in indexes.items() for clause in index}
        return cls(providers, load_checks(), clauses, loading.load_cases(), faults(), matrix)

    def explain(self, id: str, provider: str | None = None) -> ExplainedFacts:
        """The facts behind an id; raises ConfigError with the nearest ids for one that nothing has.

        Args:
            provider: to whom a case is shown as it would be sent; by default the first whose contract has it.
        """
        kinds: Mapping[str, tuple[Mapping[str, Any], Callable[[str], ExplainedFacts]]] = {
            "check": (self.checks, self._explain_check),
            "clause": (self.clauses, self._explain_clause),
            "fault": (self.faults, self._explain_fault),
            "case": (self.cases, lambda name: self._explain_case(name, provider)),
            "provider": (self.providers, self._explain_provider),
        }
        for kind, (known, tell) in kinds.items():
            if id in known:
                return {"kind": kind, "id": id, **tell(id)}
        near = difflib.get_close_matches(id, [one for known, _ in kinds.values() for one in known], n=3, cutoff=0.5)
        raise ConfigError(
            id, "nothing has this id", f"did you mean {', '.join(near)}?" if near else "see `wireproof clauses`"
        )

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
            "stands": [f"{clause.id}: {clause.place}" for _, clause, _ in cited],
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
            "document": self.providers[name].document,
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
            "feature": case.feature,
            "needs": sorted(case.means),
            "checks": _distinct_values(check for _, check in cited),
            "clauses": _distinct_values(clause for clause, _ in cited),
            **self._sent(case, provider),
        }

    def _bases(self, name: str) -> list[list[ExplainedFacts]]:
        """The cases that each request of a case starts from, the nearest first."""
        chains = chains_of_bases(name, loading.case_entries())
        return [
            [{"case": base, "file": case_place(base), "says": self.cases[base].says} for base in chain]
            for chain in chains
        ]

    def _sent(self, case: Case, provider: str | None) -> ExplainedFacts:
        """The requests of a case as a provider would get them, or why none would."""
        lack = ""
        names = [loading.find_provider(self.providers, provider).name] if provider else self._askable(case)
        for name in names:
            try:
                return {"sent_to": name, "sends": preview(case, self.providers[name])}
            except CannotSend as reason:
                lack = lack or str(reason)
        return {"unsent": lack}

    def _askable(self, case: Case) -> list[str]:
        """The providers, those first whose clauses name a case, and of these the baseline."""
        naming = {
            self.providers[name].schemas
            for name, clause in self.clauses.values()
            if any(case.name in one.case.values() for one in clause.judged)
        }
        return sorted(
            self.providers,
            key=lambda name: (self.providers[name].schemas not in naming, name != loading.BASELINE_PROVIDER),
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
        broken = self.matrix.get(fault, {}).get(provider, {})
        return any(_is_judged_by(one, case, self.cases) for one in clause.judged for case in broken.get(one.check, ()))

    def _narrowest_first(self, ids: Iterable[str]) -> list[str]:
        """The faults, those first that break the fewest checks: they are about nothing else."""
        return sorted(ids, key=lambda id: len({check for by in self.matrix[id].values() for check in by}))

    def _report_links(self, ids: Iterable[str]) -> list[str]:
        return _distinct_values(report_link(self.faults[id].source) for id in ids if self.faults[id].source)


def report_link(source: str) -> str:
    """The address of a public report given as owner/repository#number."""
    repository, _, number = source.partition("#")
    return f"https://github.com/{repository}/issues/{number}"


def _names_case(judgement: Judgement, case: Case) -> bool:
    given = judgement.case.values()
    return any(name == case.name or (is_selector(name) and selector_matches(name, case)) for name in given)


def _is_judged_by(judgement: Judgement, case: str, cases: Mapping[str, Case]) -> bool:
    if case == "+".join(judgement.case.values()):
        return True
    selector = judgement.case.get("exchange", "")
    return case in cases and is_selector(selector) and selector_matches(selector, cases[case])


def _distinct_values(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
