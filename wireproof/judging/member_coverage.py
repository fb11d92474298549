"""Every member of every request, provider by provider, and the checks that show it to be obeyed."""

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

# Why no answer shows that a member was obeyed: endpoint → member → reason.
REASONS_FILE = "suites/unproved.yaml"


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """One member of one provider's requests.

    Attributes:
        checks: the checks that show it to be obeyed, by the provider's own index.
        by_openai: those that show it in OpenAI's column alone.
        reason: why there are none; empty where there are.
    """

    provider: str
    endpoint: str
    name: str
    checks: tuple[str, ...]
    by_openai: tuple[str, ...]
    reason: str

    @property
    def state(self) -> str:
        """`proved` by its own index, `proved by OpenAI's`, `unproved` for a reason, or a `gap`."""
        if self.checks:
            return "proved"
        if self.by_openai:
            return "proved by OpenAI's"
        return "unproved" if self.reason else "gap"

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {"state": self.state, **{name: getattr(self, name) for name in self.__slots__}}


def read_reasons() -> Mapping[str, Mapping[str, str]]:
    """Why no answer shows that a member was obeyed."""
    found: Mapping[str, Mapping[str, str]] = read_yaml(data_files.root() / REASONS_FILE)
    return found


def find_member_coverage(providers: Mapping[str, Provider], checks: Mapping[str, Check]) -> tuple[MemberCoverage, ...]:
    """Every member of every request that a contract of ours names."""
    cases, why = loading.load_cases(), read_reasons()
    shown = {name: dict(checks_by_member(provider, provider, checks, cases)) for name, provider in providers.items()}
    baseline = providers[loading.BASELINE_PROVIDER]
    by_openai = {name: dict(checks_by_member(baseline, one, checks, cases)) for name, one in providers.items()}
    return tuple(
        MemberCoverage(
            name,
            endpoint,
            member,
            tuple(sorted(shown[name].get((endpoint, member), ()))),
            tuple(sorted(by_openai[name].get((endpoint, member), ()))),
            why.get(endpoint, {}).get(member, ""),
        )
        for name, provider in providers.items()
        for endpoint, rules in provider.requests.items()
        for member in rules.fields
    )


def checks_by_member(
    column: Provider, target: Provider, checks: Mapping[str, Check], cases: Mapping[str, Case]
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """(endpoint, member) → the checks that show it obeyed, on cases that the target is sent by this index."""
    found: dict[tuple[str, str], set[str]] = {}
    judged = [judgement for clause in loading.load_clauses(column.schemas) for judgement in clause.judged]
    cited = [cases[name] for one in judged for name in one.case.values() if name in cases]
    offered = [case for case in cited if target.offers(case.feature) and column.offers(case.feature)]
    for judgement in (one for one in judged if checks[one.check].proves_obeyed):
        for case in (case for name in judgement.case.values() for case in offered if names_case(name, case)):
            for ask in case.asks:
                for member in find_members(ask, checks[judgement.check].proves_obeyed, target):
                    found.setdefault((ask.endpoint, member), set()).add(judgement.check)
    yield from found.items()


def names_case(name: str, case: Case) -> bool:
    """Whether a judgement's case is this one, by its name or by a selector."""
    return selector_matches(name, case) if is_selector(name) else name == case.name


def find_members(ask: RequestSpec, names: tuple[str, ...], target: Provider) -> Iterator[str]:
    """The members of a request that a check is about, the cap under the name that the target has for it."""
    body = ask.form if ask.form is not None else ask.body
    cap = target.token_cap(ask.endpoint)
    for name in names:
        if has_member(body, name) or (ask.cap is not None and name == cap):
            yield name.partition(".")[0]
