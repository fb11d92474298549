"""A target run judges its evidence; a later response decides only a verdict that the first one left open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.contract.target_columns import Column
from wireproof.judging import expect
from wireproof.judging.check import BodyRead, Check, Exchange, Request, Undecided
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import plan_verdicts
from wireproof.session.send_target import TargetEvidence
from wireproof.session.target_run import TargetRun

IIO = loading.load_providers()["iio"]
ENTRIES: dict[str, Any] = {"plain": {"says": "p", "endpoint": "chat", "body": {}}}
CASES = {case.name: case for case in read_cases("chat", ENTRIES, "cases.yaml", ENTRIES)}
TARGET = Target("iio", IIO, "http://127.0.0.1:1/v1")
CLAUSE = Clause.from_data(
    {
        "id": "C-1",
        "place": "p",
        "says": "s",
        "authority": "document",
        "basis": "stated",
        "judged": [{"check": "tools.it", "case": "plain", "level": "must"}],
    }
)


def called(exchange: Exchange) -> None:
    """The model calls the right tool."""
    if exchange.json == "no call":
        raise Undecided("the model called no tool")
    expect.equal(exchange.json, "right call")


CHECKS = {"tools.it": Check("tools.it", called, "The model calls the tool that fits.", False, ("exchange",))}
COLUMN = Column(IIO.name, IIO, IIO.schemas, (CLAUSE,))
PLANNED = plan_verdicts(TARGET, COLUMN, CASES)


def answer(body: str) -> tuple[Exchange, ...]:
    request = Request("POST", "http://127.0.0.1:1/v1/chat/completions")
    return (Exchange("iio", "plain", "chat", 0, request, 200, reads=(BodyRead(0, json.dumps(body).encode()),)),)


@pytest.mark.parametrize(
    ("answers", "outcome", "message"),
    [
        pytest.param(["right call"], "pass", "", id="the-first-decides"),
        pytest.param(["no call", "right call"], "pass", "(answer 2)", id="the-second-decides"),
        pytest.param(["no call", "wrong call", "right call"], "fail", "(answer 2)", id="a-failure-stands"),
        pytest.param(["wrong call", "right call"], "fail", "actual wrong call", id="a-failure-is-never-repeated"),
        pytest.param(["no call"] * 3, "inconclusive", "(answer 3)", id="three-decide-nothing"),
    ],
)
def test_a_later_response_decides_only_an_inconclusive_verdict(answers: list[str], outcome: str, message: str) -> None:
    first, *later = map(answer, answers)
    judges = ColumnJudges(TARGET, (COLUMN,), CASES, CHECKS, PLANNED)
    results = TargetEvidence(judges, {"plain": first}, None, len(answers), tuple({"plain": sent} for sent in later))
    target_run = TargetRun(TARGET, (COLUMN,), CASES, CHECKS, PLANNED, results)

    verdict = target_run.judge(PLANNED[0])

    assert verdict.outcome == outcome
    assert message in verdict.message


@pytest.mark.parametrize(("body", "repeated"), [("no call", True), ("wrong call", False), ("right call", False)])
def test_only_an_undecided_response_is_repeated(body: str, repeated: bool) -> None:
    judge = Judge(TARGET, IIO, SchemaSet("iio"), CHECKS, CASES)

    assert judge.is_undecided(PLANNED[0], {"plain": answer(body)}) is repeated
