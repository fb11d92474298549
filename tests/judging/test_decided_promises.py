"""The promises that a run decided, and the core that an exit code 0 needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import pytest

from wireproof.contract import loading
from wireproof.contract.clause import Clause
from wireproof.contract.target import Target, not_given
from wireproof.contract.target_columns import columns_for
from wireproof.judging.core_promises import CORE_PROMISES
from wireproof.judging.decided_promises import (
    ClauseOutcome,
    DocumentPromises,
    OpenGroup,
    document_promises,
    promises_of_run,
)
from wireproof.judging.gate import Gate
from wireproof.judging.verdict import ClauseVerdict, Verdict
from wireproof.judging.verdict_plan import plan_columns

CASES = loading.load_cases()
PROVIDERS = loading.load_providers()
LIMITED, NO_KEY = "the target answered 429, too many requests", not_given({"free-tier-key"})
OWN = {"t": "iio"}
GATE = Gate(own=OWN)


def clause(id: str, *judged: tuple[str, str], **more: str) -> Clause:
    """A clause that the check a.b judges on these (case, level) pairs."""
    rows = [{"check": "a.b", "case": case, "level": level} for case, level in judged]
    data = {"id": id, "place": "p", "says": "s", "authority": "document", "basis": "stated", "judged": rows}
    return Clause.from_data({**data, **more})


def verdict(check: str, case: str, outcome: str, message: str = "", id: str = "", level: str = "must") -> Verdict:
    of = ClauseVerdict(id or f"C-{check}-{case}", level, "document", "stated", outcome)
    return Verdict("t", "iio", check, case, check.partition(".")[0], outcome, level, (of,), "It is.", message)


def core(outcome: str, message: str = "") -> list[Verdict]:
    """One verdict of each part of the core."""
    return [verdict(promise.checks[0], promise.cases[0], outcome, message) for promise in CORE_PROMISES]


def promises_by(*outcomes: ClauseOutcome) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    clauses = [clause("C-1", ("x", "must")), clause("C-2", ("x", "may")), clause("C-9", excluded="a reason")]
    told = document_promises("t", "iio", outcomes, clauses, {})
    return told.decided, {group.cause: group.clauses for group in told.open}


# --- decided or open


@pytest.mark.parametrize("outcome", ["pass", "fail", "noted"])
def test_one_decided_verdict_decides_a_promise(outcome: str) -> None:
    limited = ClauseOutcome("C-1", "must", "inconclusive", LIMITED)
    assert promises_by(limited, ClauseOutcome("C-1", "must", outcome, ""), limited)[0] == ("C-1",)


def test_a_decided_verdict_of_a_lower_level_leaves_the_promise_open() -> None:
    """The judgement at must needs another key; what is decided is advice about a part of the clause."""
    lower, higher = ClauseOutcome("C-1", "should", "pass", ""), ClauseOutcome("C-1", "must", "untestable", NO_KEY)
    for order in ((lower, higher), (higher, lower)):
        assert promises_by(*order) == ((), {"key": ("C-1",), "not-selected": ("C-2",)})


def test_the_cause_nearest_to_a_decision_is_told_of_a_promise_with_several() -> None:
    reasons = [NO_KEY, "belongs to the profile all (--profile all)", LIMITED, not_given({"cell-down"})]
    outcomes = [ClauseOutcome("C-1", "must", "untestable", reason) for reason in reasons]
    assert promises_by(*outcomes)[1]["rate-limited"] == ("C-1",)


def test_the_total_counts_what_can_be_judged() -> None:
    clauses = [clause("C-1", ("x", "must")), clause("C-2", excluded="a reason")]
    told = document_promises("t", "iio", (), clauses, {"C-1": "generated"})
    assert (told.total, told.excluded, told.share) == (1, 1, 0.0)
    assert told.open == (OpenGroup("generated", ("C-1",), ("--examples 10",)),)
    assert DocumentPromises.from_data(told.as_data()) == told


def test_a_promise_without_a_verdict_has_the_cause_of_its_absence() -> None:
    beyond = next(case.name for case in CASES.values() if case.profile == "all")
    within = next(case.name for case in CASES.values() if case.profile == "core")
    clauses = [
        clause("DRAWN", ("generated:chat:*", "must")),
        clause("BEYOND", (beyond, "must")),
        clause("LEFT-OUT", (within, "must")),
    ]

    def causes(*, complete: bool) -> dict[str, tuple[str, ...]]:
        given = [verdict("a.b", "c", "pass", id="C-1")]
        (told,) = promises_of_run(given, OWN, {("t", "iio"): clauses}, CASES, {"t": "core"}, complete=complete)
        return {group.cause: group.clauses for group in told.open}

    assert causes(complete=True) == {
        "generated": ("DRAWN",),
        "profile-all": ("BEYOND",),
        "not-selected": ("LEFT-OUT",),
    }
    assert causes(complete=False)["cut-off"] == ("LEFT-OUT",)


FULL_CASE = ClauseOutcome("X", "must", "untestable", "belongs to the profile full (--profile full)")


@pytest.mark.parametrize(
    ("clauses", "judged", "cause"),
    [
        pytest.param([("core", "should"), ("full", "must")], "should", "profile-full", id="a-part-was-judged"),
        pytest.param([("full", "must")], None, "profile-full", id="all-is-left-out"),
        pytest.param([("core", "must"), ("full", "must")], None, "not-selected", id="the-rest-was-not-selected"),
        pytest.param([("core", "must"), ("full", "must")], "must", None, id="a-part-decides"),
    ],
)
def test_a_promise_that_the_profile_leaves_out_is_told_so(
    clauses: list[tuple[str, str]], judged: str | None, cause: str | None
) -> None:
    named = {profile: next(c.name for c in CASES.values() if c.profile == profile) for profile in ("core", "full")}
    of_document = [clause("X", *((named[profile], level) for profile, level in clauses))]
    given = [verdict("a.b", "c", "pass", id="Y")]
    if judged is not None:
        given.append(verdict("a.b", named["core"], "pass", id="X", level=judged))
    column = ("t", "iio")
    (found,) = promises_of_run(given, OWN, {column: of_document}, CASES, {"t": "core"}, {column: [FULL_CASE]})
    assert {group.cause: group.clauses for group in found.open} == ({} if cause is None else {cause: ("X",)})


def test_only_the_own_document_and_the_wire_have_promises() -> None:
    given = [replace(verdict("a.b", "c", "pass"), provider=name) for name in ("iio", "openai", "wire")]
    assert [one.contract for one in promises_of_run(given, OWN, {}, CASES, {})] == ["iio", "wire"]


# --- the core


def test_the_core_names_checks_and_cases_of_every_contract() -> None:
    """A part without a verdict in a contract would be no part of it, so an exception is stated here."""
    lacking = set()
    for name, provider in PROVIDERS.items():
        planned = plan_columns(Target(name, provider, "u"), columns_for(provider, PROVIDERS), CASES)
        known = {(one.check, one.case) for one in planned}
        for promise in CORE_PROMISES:
            named = [(check, case) for check in promise.checks for case in promise.cases]
            if not known & set(named):
                lacking.add((name, promise.words))
    assert lacking == set()


def test_a_run_that_decided_its_core_ends_with_0() -> None:
    assert GATE.exit_code(core("pass")) == 0
    assert GATE.too_little_decided(core("pass")) == []


@pytest.mark.parametrize("promise", CORE_PROMISES, ids=lambda promise: promise.words)
def test_a_run_without_a_part_of_its_core_ends_with_2(promise: object) -> None:
    at = CORE_PROMISES.index(promise)  # type: ignore[arg-type]
    verdicts = core("pass")
    verdicts[at] = replace(core("inconclusive", LIMITED)[at])
    assert GATE.exit_code(verdicts) == 2
    (sentence,) = GATE.too_little_decided(verdicts)
    assert CORE_PROMISES[at].words in sentence
    assert LIMITED in sentence
    assert "--pace N" in sentence


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        pytest.param("untestable", NO_KEY, id="another-key"),
        pytest.param("untestable", "belongs to the profile full (--profile full)", id="another-profile"),
        pytest.param("not-offered", "stream is optional and was refused with 400", id="not-offered"),
    ],
)
def test_a_part_beyond_the_options_of_the_run_is_no_part_of_its_core(outcome: str, reason: str) -> None:
    verdicts = [*core("pass")[:-1], *core(outcome, reason)[-1:]]
    assert GATE.exit_code(verdicts) == 0


def test_the_core_is_relative_to_the_selection() -> None:
    assert GATE.exit_code([verdict("chat.n", "chat-n", "pass")]) == 0
    assert GATE.exit_code(core("pass")[:1]) == 0


def many(decided: int, undecided: int, reason: str = LIMITED) -> list[Verdict]:
    return [
        *(verdict("a.b", "c", "pass", id=f"P-{at}") for at in range(decided)),
        *(verdict("a.b", "c", "inconclusive", reason, id=f"U-{at}") for at in range(undecided)),
    ]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        pytest.param(many(5, 5), 0, id="half"),
        pytest.param(many(4, 5), 2, id="less-than-half"),
        pytest.param(many(1, 50, NO_KEY), 0, id="the-rest-is-beyond-the-options"),
        pytest.param(many(0, 3), 2, id="nothing"),
    ],
)
def test_half_of_the_promises_within_reach_must_be_decided(verdicts: Sequence[Verdict], code: int) -> None:
    assert GATE.exit_code(verdicts) == code
    assert bool(GATE.too_little_decided(verdicts)) == (code == 2)


def test_a_broken_promise_is_told_although_the_core_is_missing() -> None:
    verdicts = [*core("inconclusive", LIMITED), verdict("a.b", "c", "fail")]
    assert GATE.exit_code(verdicts) == 1
    assert GATE.too_little_decided(verdicts) == []


def test_the_core_of_a_column_that_does_not_gate_is_not_needed() -> None:
    other = [replace(one, provider="openai") for one in core("inconclusive", LIMITED)]
    verdicts = list(chain(core("pass"), other))
    assert GATE.exit_code(verdicts) == 0
    assert replace(GATE, authority="all").exit_code(verdicts) == 2


# --- the required share


@pytest.mark.parametrize(("required", "code"), [(0.0, 0), (0.5, 0), (0.51, 2), (1.0, 2)])
def test_the_required_share_is_that_of_the_whole_document(required: float, code: int) -> None:
    promises = (DocumentPromises("t", "iio", ("C-1",), (OpenGroup("key", ("C-2",), ("--key free=ENV",)),)),)
    wire = DocumentPromises("t", "wire", (), (OpenGroup("rate-limited", ("W-1",), ("--pace N",)),))
    gate = replace(GATE, require_decided=required)
    assert gate.exit_code(core("pass"), (), (*promises, wire)) == code
    told = gate.too_little_decided(core("pass"), (), (*promises, wire))
    wanted = "1 of 2 promises of this document are decided, which is 50 %, and --require-decided asks for"
    assert [wanted in sentence and "1 needs another key (--key free=ENV)" in sentence for sentence in told] == (
        [True] if code else []
    )
