"""The coverage of request members: for each provider, the checks that prove each member to be obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract import data_files, loading
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.provider import Provider
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.check import Check
from wireproof.judging.request_members import has_member
from wireproof.judging.verdict_plan import is_selector, selector_matches

# Reasons why no response proves a member to be obeyed: endpoint → member → reason.
REASONS_FILE = "suites/unproved.yaml"


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """One member of one provider's requests.

    Attributes:
        name: the name of the member.
        checks: ids of the checks that prove it by the provider's own clauses.
        by_openai: ids of the checks that prove it by OpenAI's clauses.
        reason: the reason why no check proves it; empty if one does or no reason is written down.
    """

    provider: str
    endpoint: str
    name: str
    checks: tuple[str, ...]
    by_openai: tuple[str, ...]
    reason: str

    @property
    def state(self) -> str:
        """`proved` by the provider's own clauses, `proved by OpenAI's`, `unproved` for a reason, or a `gap`."""
        if self.checks:
            return "proved"
        if self.by_openai:
            return "proved by OpenAI's"
        return "unproved" if self.reason else "gap"

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {"state": self.state, **{name: getattr(self, name) for name in self.__slots__}}


def read_reasons() -> Mapping[str, Mapping[str, str]]:
    """Reads the reasons why no response proves a member to be obeyed: endpoint → member → reason."""
    reasons: Mapping[str, Mapping[str, str]] = read_yaml(data_files.root() / REASONS_FILE)
    return reasons


def find_member_coverage(providers: Mapping[str, Provider], checks: Mapping[str, Check]) -> tuple[MemberCoverage, ...]:
    """The coverage of every member of every request that a provider's contract names."""
    cases, reasons = loading.load_cases(), read_reasons()
    by_own = {name: dict(checks_by_member(provider, provider, checks, cases)) for name, provider in providers.items()}
    baseline = providers[loading.BASELINE_PROVIDER]
    by_openai = {name: dict(checks_by_member(baseline, target, checks, cases)) for name, target in providers.items()}
    return tuple(
        MemberCoverage(
            name,
            endpoint,
            member,
            tuple(sorted(by_own[name].get((endpoint, member), ()))),
            tuple(sorted(by_openai[name].get((endpoint, member), ()))),
            reasons.get(endpoint, {}).get(member, ""),
        )
        for name, provider in providers.items()
        for endpoint, rules in provider.requests.items()
        for member in rules.fields
    )


def checks_by_member(
    column: Provider, target: Provider, checks: Mapping[str, Check], cases: Mapping[str, Case]
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """(endpoint, member) → the checks that prove it obeyed, with the cases that this column sends to the target."""
    by_member: dict[tuple[str, str], set[str]] = {}
    judged = [judgement for clause in loading.load_clauses(column.schemas) for judgement in clause.judged]
    cited = [cases[name] for judgement in judged for name in judgement.case.values() if name in cases]
    offered = [case for case in cited if target.offers(*case.features) and column.offers(*case.features)]
    for judgement in (judgement for judgement in judged if checks[judgement.check].proves_obeyed):
        for case in (case for name in judgement.case.values() for case in offered if names_case(name, case)):
            for spec in case.asks:
                for member in find_members(spec, checks[judgement.check].proves_obeyed, target):
                    by_member.setdefault((spec.endpoint, member), set()).add(judgement.check)
    yield from by_member.items()


def names_case(name: str, case: Case) -> bool:
    """True if a judgement names this case, by its name or by a selector."""
    return selector_matches(name, case) if is_selector(name) else name == case.name


def find_members(spec: RequestSpec, names: tuple[str, ...], target: Provider) -> Iterator[str]:
    """Those of the names that a request has as members; the token cap has the target's name for it."""
    body = spec.form if spec.form is not None else spec.body
    cap = target.token_cap(spec.endpoint)
    for name in names:
        if has_member(body, name) or (spec.cap is not None and name == cap):
            yield name.partition(".")[0]
