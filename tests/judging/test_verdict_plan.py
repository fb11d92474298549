"""Verdict plans: the checks and cases that clauses cite, with their needs."""

from __future__ import annotations

from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.target import Target
from wireproof.contract.target_columns import Column
from wireproof.errors import ConfigError
from wireproof.judging.verdict_plan import PlannedVerdict, plan_verdicts, selector_matches

OPENAI = loading.load_providers()["openai"]
IIO = loading.load_providers()["iio"]
TARGET = Target("iio", IIO, "http://127.0.0.1:1/v1")
ENTRIES: dict[str, Any] = {
    "plain": {"says": "p", "endpoint": "chat", "body": {}},
    "stream": {"says": "s", "endpoint": "chat", "body": {"stream": True}},
    "refused": {"says": "r", "endpoint": "chat", "key": "none", "refused": "missing-key"},
    "list": {"says": "l", "endpoint": "models"},
    "uncited": {"says": "u", "endpoint": "chat", "body": {}},
}
CASES: dict[str, Case] = {case.name: case for case in read_cases("chat", ENTRIES, "cases.yaml", ENTRIES)}
EVERY = {"check": "smoke.any", "level": "must"}


def clause(id: str, *judged: dict[str, Any], **more: Any) -> Clause:
    data = {"id": id, "place": "p", "says": "s", "authority": "document", "basis": "stated", "judged": judged}
    return Clause.from_data({**data, **more})


def entries(*clauses: Clause, provider: Any = IIO) -> tuple[PlannedVerdict, ...]:
    return plan_verdicts(TARGET, Column(provider.name, provider, provider.schemas, clauses), CASES)


def cite(case: Any, check: str = "chat.x", level: str = "must", **more: Any) -> dict[str, Any]:
    return {"check": check, "case": case, "level": level, **more}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        pytest.param("*", ["plain", "stream", "refused", "list"], id="all"),
        pytest.param("*:*", ["plain", "stream", "refused", "list"], id="all-of-all"),
        pytest.param("*:answer", ["plain", "list"], id="answers"),
        pytest.param("*:stream", ["stream"], id="streams"),
        pytest.param("*:refusal", ["refused"], id="refusals"),
        pytest.param("chat:*", ["plain", "stream", "refused"], id="an-endpoint"),
        pytest.param("chat:answer", ["plain"], id="answers-of-an-endpoint"),
        pytest.param("models:answer", ["list"], id="answers-of-another"),
        pytest.param("models:stream", [], id="none"),
    ],
)
def test_a_selector_matches_only_cases_that_clauses_name(selector: str, names: list[str]) -> None:
    named = clause("C-1", *(cite(name, "chat.y") for name in ("plain", "stream", "refused", "list")))
    found = [entry.case for entry in entries(named, clause("C-2", cite(selector))) if entry.check == "chat.x"]
    assert found == names
    assert [name for name, case in CASES.items() if selector_matches(selector, case) and name != "uncited"] == names


def test_clauses_that_cite_the_same_check_on_the_same_case_share_an_entry() -> None:
    one, two = clause("C-1", cite("plain", at="/id")), clause("C-2", cite("plain", level="should"), cite("stream"))
    found = entries(one, two)
    assert [(entry.check, entry.case, [by.id for by, _ in entry.clauses]) for entry in found] == [
        ("chat.x", "plain", ["C-1", "C-2"]),
        ("chat.x", "stream", ["C-2"]),
    ]


def test_a_judgement_that_compares_cases_is_one_entry_of_both() -> None:
    (entry,) = entries(clause("C-1", cite({"plain": "plain", "stream": "stream"})))
    assert (entry.cases, entry.case) == ((("plain", "plain"), ("stream", "stream")), "plain+stream")


def test_the_id_of_an_entry_names_a_column_that_is_not_the_targets_own() -> None:
    (own,), (other,) = entries(clause("C-1", cite("plain"))), entries(clause("C-1", cite("plain")), provider=OPENAI)
    assert (own.id, other.id) == ("iio-plain", "iio-as-openai-plain")


def test_an_entry_needs_only_what_each_of_its_clauses_needs() -> None:
    """The check runs if at least one clause can be judged."""
    one = clause("C-1", cite("plain", needs=["clock"]), needs=["cell-down"])
    two = clause("C-2", cite("plain"), needs=["cell-down"])
    three = clause("C-3", cite("plain"))
    assert entries(one)[0].needs == {"clock", "cell-down"}
    assert entries(one, two)[0].needs == {"cell-down"}
    assert entries(one, two, three)[0].needs == frozenset()


def test_a_clause_without_judgements_plans_nothing() -> None:
    assert entries(clause("C-1", excluded="a reason"), clause("C-2", pending=True)) == ()


def test_an_unknown_case_is_reported_with_its_clause() -> None:
    with pytest.raises(ConfigError, match=r"^schemas/iio/clauses\.yaml, C-1: no case is called 'plane'; "):
        entries(clause("C-1", cite("plane")))
