"""The judge: every outcome, the attribution to clauses, and the divergences between two columns."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.contract.target_columns import Column
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.exchange import BodyRead, Request, TransportFailure
from wireproof.judging.check import (
    Check,
    Exchange,
    Finding,
    Inconclusive,
    Noted,
    NotOffered,
    Provider,
    Untestable,
    Violation,
)
from wireproof.judging.excuses import CUT_SHORT
from wireproof.judging.judge import Judge
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.judging.verdict_plan import plan_verdicts

PROVIDERS = loading.load_providers()
IIO, OPENAI = PROVIDERS["iio"], PROVIDERS["openai"]
ENTRIES: dict[str, Any] = {
    "plain": {"says": "p", "endpoint": "chat", "body": {}},
    "other": {"says": "o", "endpoint": "chat", "body": {}},
    "refused": {"says": "r", "endpoint": "chat", "key": "none", "refused": "missing-key"},
    "limited": {"says": "l", "endpoint": "chat", "refused": "rate-limited"},
    "optional": {"says": "t", "endpoint": "chat", "feature": "tools", "body": {}},
    "optional-refused": {"says": "t", "endpoint": "chat", "feature": "tools", "refused": "wrong-type", "body": {}},
    "embed": {"says": "e", "endpoint": "embeddings", "feature": "embeddings", "body": {}},
    "health": {"says": "h", "endpoint": "health"},
    "unknown": {"says": "u", "endpoint": "chat", "feature": "telepathy"},
    "outage": {"says": "o", "steps": [{"endpoint": "chat", "cell": "down"}, {"endpoint": "chat"}]},
    "thrice": {"says": "3", "endpoint": "chat", "repeat": 3},
}
CASES: dict[str, Case] = {case.name: case for case in read_cases("chat", ENTRIES, "cases.yaml", ENTRIES)}
Function = Callable[..., None]


def exchange(status: int | None = 200, body: Any = None, broken: str | None = None) -> Exchange:
    return Exchange(
        "iio",
        "plain",
        "chat",
        0,
        Request("POST", "http://127.0.0.1:1/v1/chat/completions"),
        status=status,
        headers=((b"Content-Type", b"application/json"),),
        reads=(BodyRead(0, body if isinstance(body, bytes) else json.dumps(body).encode()),),
        broken=TransportFailure(broken, "it broke") if broken else None,
    )


def clause(id: str, case: Any, level: str = "must", at: str | None = None, **more: Any) -> Clause:
    judged = {"check": "area.it", "case": case, "level": level, **({"at": at} if at is not None else {})}
    data = {"id": id, "place": "p", "says": "s", "authority": "document", "basis": "stated", "judged": [judged]}
    return Clause.from_data({**data, **more})


def judge(
    function: Function,
    sent: CaseResult | None = None,
    *,
    case: Any = "plain",
    clauses: tuple[Clause, ...] | None = None,
    any_answer: bool = False,
    every_request: bool = False,
    provider: Provider = IIO,
    means: frozenset[str] = frozenset(),
    smoke: str | None = None,
) -> Verdict:
    """The verdict of one check on one case; every case has the same evidence."""
    target = Target("iio", IIO, "http://127.0.0.1:1/v1", means=means)
    arguments = tuple(inspect.signature(function).parameters)
    checks = {"area.it": Check("area.it", function, "It holds.", any_answer, arguments, (), every_request)}
    bench = Judge(target, provider, SchemaSet(provider.schemas), checks, CASES)
    column = Column(provider.name, provider, provider.schemas, clauses or (clause("C-1", case),))
    (entry,) = plan_verdicts(target, column, CASES)
    evidence = dict.fromkeys((name for _, name in entry.cases), (exchange(),) if sent is None else sent)
    return bench.judge(entry, evidence, smoke)


def holds(exchange: Exchange) -> None: ...


def broken(exchange: Exchange) -> None:
    raise Violation("a", "b", where="there")


def raising(error: Exception) -> Function:
    def function(exchange: Exchange) -> None:
        raise error

    return function


def accusing(*places: str | None) -> Function:
    """A check that raises a finding for each of these places."""
    return raising(Violation.from_findings(tuple(Finding("a", "b", at or "", at) for at in places)))


# --- every request of a case


def served(exchange: Exchange, case: Case) -> None:
    if exchange.status in (200, 503) and case.kind == "refusal":
        return
    if exchange.status != 200 and case.kind != "refusal":
        raise Violation("200", str(exchange.status), where="status line")


def steps(*statuses: int | None) -> tuple[Exchange, ...]:
    """One exchange for each status; None for a response that broke off."""
    return tuple(
        replace(exchange(status) if status else exchange(200, broken="closed"), step=step)
        for step, status in enumerate(statuses)
    )


def test_an_earlier_request_of_a_case_is_judged_as_well() -> None:
    verdict = judge(served, steps(500, 200, 200), case="thrice", every_request=True)
    assert verdict.outcome == "fail"
    assert [(finding.where, finding.step) for finding in verdict.findings] == [("request 1 of 3, status line", 0)]


def test_every_broken_request_of_a_case_has_its_finding() -> None:
    verdict = judge(served, steps(500, 200, 502), case="thrice", every_request=True)
    assert [finding.where for finding in verdict.findings] == [
        "request 1 of 3, status line",
        "request 3 of 3, status line",
    ]


def test_the_only_request_of_a_case_is_not_numbered() -> None:
    verdict = judge(served, steps(500), every_request=True)
    assert [finding.where for finding in verdict.findings] == ["status line"]


def test_an_earlier_request_has_the_kind_of_its_own_response() -> None:
    """The case states the kind of its last request, so that a refusal before it is no breach."""
    assert judge(served, steps(400, 400, 200), case="thrice", every_request=True).outcome == "pass"
    assert judge(served, steps(200, 200, 400), case="thrice", every_request=True).outcome == "fail"


def test_a_limit_that_an_earlier_request_met_by_chance_is_no_refusal() -> None:
    kinds: list[str] = []
    judge(lambda exchange, case: kinds.append(case.kind), steps(429, 404, 200), case="thrice", every_request=True)
    assert kinds == ["answer", "refusal", "answer"]


def test_a_response_after_which_the_request_was_sent_again_is_judged_as_well() -> None:
    (last,) = steps(200)
    verdict = judge(served, (replace(last, attempts=steps(500)),), every_request=True)
    assert [finding.where for finding in verdict.findings] == ["attempt 1 of 2, status line"]


def test_a_server_that_was_not_available_for_the_first_attempt_kept_its_word() -> None:
    (last,) = steps(200)
    assert judge(served, (replace(last, attempts=steps(503)),), every_request=True).outcome == "pass"


def test_an_outage_that_the_case_arranged_for_an_earlier_request_is_expected() -> None:
    assert judge(served, steps(503, 200), case="outage", every_request=True).outcome == "pass"
    assert judge(served, steps(200, 503), case="outage", every_request=True).outcome == "fail"


def test_a_response_that_broke_off_is_left_to_the_checks_of_any_answer() -> None:
    def whole(exchange: Exchange) -> None:
        if exchange.broken is not None:
            raise Violation("a whole answer", "its beginning")

    sent = steps(None, 200, 200)
    assert judge(whole, sent, case="thrice", every_request=True).outcome == "pass"
    assert judge(whole, sent, case="thrice", every_request=True, any_answer=True).outcome == "fail"
    nothing = judge(whole, steps(None), case="thrice", every_request=True)
    assert (nothing.outcome, "wire.complete judges that" in nothing.message) == ("untestable", True)


def test_a_response_that_decides_outweighs_one_that_does_not() -> None:
    def refused(exchange: Exchange) -> None:
        if exchange.status == 200:
            raise Inconclusive("the request was not refused")

    assert judge(refused, steps(400, 200, 200), case="thrice", every_request=True).outcome == "pass"
    assert judge(refused, steps(200, 200, 200), case="thrice", every_request=True).outcome == "inconclusive"


# --- outcomes


@pytest.mark.parametrize(
    ("function", "outcome", "message"),
    [
        pytest.param(holds, "pass", "", id="nothing-raised"),
        pytest.param(broken, "fail", "expected a, actual b at there", id="violation"),
        pytest.param(raising(Noted("a fact")), "noted", "a fact", id="noted"),
        pytest.param(raising(Inconclusive("cut")), "inconclusive", "cut", id="inconclusive"),
        pytest.param(raising(NotOffered("none")), "not-offered", "none", id="not-offered"),
        pytest.param(raising(Untestable("lacks")), "untestable", "lacks", id="untestable"),
    ],
)
def test_what_a_check_raises_is_the_outcome(function: Function, outcome: str, message: str) -> None:
    verdict = judge(function)
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.requirement == "It holds."


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(KeyError("x"), id="key-error"),
        pytest.param(AssertionError("x"), id="a-plain-assertion"),
        pytest.param(RecursionError("x"), id="recursion"),
    ],
)
def test_an_unexpected_exception_is_an_error_that_names_its_line(error: Exception) -> None:
    verdict = judge(raising(error))
    assert verdict.outcome == "error"
    assert type(error).__name__ in verdict.message
    assert "(function, line " in verdict.message


def test_a_check_names_its_arguments() -> None:
    def asks(exchange: Any, exchanges: Any, case: Any, provider: Any, contract: Any, target: Any) -> None:
        assert exchanges[-1] is exchange
        assert (case.name, provider.name, target.name) == ("plain", "openai", "iio")
        assert contract.shape("chat.response") is not None

    assert judge(asks, provider=OPENAI).outcome == "pass"


def test_a_comparing_check_receives_each_case_under_its_argument() -> None:
    def compares(left: Exchange, right: Exchange) -> None:
        assert left.status == right.status

    verdict = judge(compares, case={"left": "plain", "right": "other"})
    assert (verdict.outcome, verdict.case) == ("pass", "plain+other")


# --- not judged


def test_after_a_failed_smoke_nothing_is_judged() -> None:
    verdict = judge(broken, smoke="the key was refused")
    assert (verdict.outcome, verdict.message) == ("untestable", "the key was refused")


@pytest.mark.parametrize("kind", ["connect", "tls", "request"])
def test_a_request_that_was_not_sent_is_an_error(kind: str) -> None:
    assert judge(holds, (exchange(None, broken=kind),)).outcome == "error"
    assert judge(holds, (exchange(None, broken=kind),), any_answer=True).outcome == "error"


@pytest.mark.parametrize("kind", ["protocol", "reset", "closed"])
def test_a_broken_answer_is_judged_only_by_checks_of_any_answer(kind: str) -> None:
    sent = (exchange(200, broken=kind),)
    assert judge(broken, sent).outcome == "untestable"
    assert judge(broken, sent, any_answer=True).outcome == "fail"


@pytest.mark.parametrize("kind", ["first-byte", "idle", "total"])
def test_a_deadline_of_ours_is_no_breach_of_the_server(kind: str) -> None:
    sent = (exchange(200, body=b"{}", broken=kind),)
    assert judge(broken, sent).outcome == "untestable"
    verdict = judge(broken, sent, any_answer=True)
    assert verdict.outcome == "timed-out"
    assert verdict.findings == ()
    assert verdict.message == (
        f"our deadline passed: it broke, after 2 bytes of the body; allow more time with --deadline {kind}=SECONDS"
    )
    assert verdict.gates()


def test_a_stream_that_ended_before_the_deadline_passed_is_judged() -> None:
    done = replace(
        exchange(200, body=b"data: [DONE]\n\n", broken="idle"), headers=((b"Content-Type", b"text/event-stream"),)
    )
    assert judge(broken, (done,), any_answer=True).outcome == "fail"


def test_a_case_that_was_not_sent_has_its_reason_as_verdict() -> None:
    assert judge(holds, NotSent("not-offered", "no such endpoint")).outcome == "not-offered"
    assert judge(holds, NotSent("untestable", "no budget")).message == "no budget"


@pytest.mark.parametrize("case", ["health", "unknown"])
def test_what_the_contract_does_not_describe_is_not_offered(case: str) -> None:
    assert judge(broken, case=case, provider=OPENAI).outcome == "not-offered"


def test_missing_means_are_untestable() -> None:
    needing = (clause("C-1", "plain", needs=["clock"]),)
    assert judge(broken, clauses=needing).message == "needs clock, which this run was not given"
    assert judge(broken, clauses=needing, means=frozenset({"clock"})).outcome == "fail"


def offering(*, choice: str | None = None) -> Exchange:
    """An answer to a request that offers tools."""
    body = {"tools": [], **({"tool_choice": choice} if choice else {})}
    sent = exchange(body={"choices": [{"message": {"content": "It is sunny."}}]})
    return replace(sent, request=replace(sent.request, body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("last", "case", "outcome"),
    [
        pytest.param(exchange(400, {"error": "no"}), "thrice", "fail", id="a-refusal"),
        pytest.param(exchange(), "thrice", "fail", id="an-answer-without-what-the-next-needs"),
        pytest.param(exchange(), "*", "untestable", id="a-rule-about-every-form"),
        pytest.param(offering(), "thrice", "untestable", id="a-call-that-the-model-need-not-make"),
        pytest.param(offering(choice="required"), "thrice", "fail", id="a-call-that-the-model-must-make"),
    ],
)
def test_a_sequence_that_stopped_early_fails_unless_the_model_may_stop_it(
    last: Exchange, case: str, outcome: str
) -> None:
    named = CASES["thrice"]
    target = Target("iio", IIO, "http://127.0.0.1:1/v1")
    checks = {"area.it": Check("area.it", holds, "It holds.", False, ("exchange",))}
    clauses = (clause("C-1", case), clause("C-2", "plain"), *(() if case == "thrice" else (clause("C-3", "thrice"),)))
    cited = clauses[:2] if case == "thrice" else clauses
    planned = plan_verdicts(target, Column("iio", IIO, "iio", cited), CASES)
    (entry,) = (entry for entry in planned if entry.case == named.name)
    if case == "*":
        entry = replace(entry, clauses=tuple(pair for pair in entry.clauses if pair[1].case == {"exchange": "*"}))
    judged = Judge(target, IIO, SchemaSet("iio"), checks, CASES).judge(entry, {"thrice": (exchange(), last)})
    assert judged.outcome == outcome


@pytest.mark.parametrize(
    ("told", "outcome"), [pytest.param(True, "untestable", id="told"), pytest.param(False, "fail", id="told-nowhere")]
)
def test_a_required_call_that_is_missing_is_told_by_the_check_of_calls_alone(told: bool, outcome: str) -> None:
    target = Target("iio", IIO, "http://127.0.0.1:1/v1")
    checks = {"area.it": Check("area.it", holds, "It holds.", False, ("exchange",))}
    (entry,) = plan_verdicts(target, Column("iio", IIO, "iio", (clause("C-1", "thrice"),)), CASES)
    planned = {("tools.called", "plain"): entry} if told else {}
    bench = Judge(target, IIO, SchemaSet("iio"), checks, CASES, planned)
    verdict = bench.judge(entry, {"thrice": (exchange(), offering(choice="required"))})
    assert verdict.outcome == outcome
    assert ("tools.called" in verdict.message) is told


def test_a_whole_sequence_is_judged() -> None:
    assert judge(broken, (exchange(),) * 3, case="thrice").outcome == "fail"


# --- softened


LIMITED = exchange(429, {"error": {"message": "Rate limit reached"}})


def test_an_unexpected_429_is_inconclusive() -> None:
    assert judge(broken, (LIMITED,)).outcome == "inconclusive"
    assert judge(broken, (LIMITED,), case="refused").outcome == "inconclusive"


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        pytest.param(exchange(429), "fail", id="no-sign"),
        pytest.param(exchange(429, {"error": {"message": "Wrong model"}}), "fail", id="another-reason"),
        pytest.param(replace(exchange(429), headers=((b"Retry-After", b"1"),)), "inconclusive", id="a-wait"),
        pytest.param(
            replace(exchange(429), headers=((b"X-RateLimit-Remaining", b"0"),)), "inconclusive", id="a-header-of-limits"
        ),
        pytest.param(exchange(429, b"<h1>429 Too Many Requests</h1>"), "inconclusive", id="the-words-of-a-proxy"),
        pytest.param(
            replace(exchange(429), retries=("status 429, sent again after 1 s",)),
            "inconclusive",
            id="again-after-a-wait",
        ),
    ],
)
def test_a_429_is_excused_only_with_a_sign_of_a_limit(sent: Exchange, outcome: str) -> None:
    assert judge(broken, (sent,)).outcome == outcome


def test_a_429_in_place_of_the_refusal_for_too_many_requests_is_judged() -> None:
    assert judge(broken, (LIMITED,), case="limited").outcome == "fail"


def test_checks_of_any_answer_judge_a_429() -> None:
    assert judge(broken, (LIMITED,), any_answer=True).outcome == "fail"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        pytest.param(400, {"error": {"message": "no tools"}}, "not-offered", id="refused-with-json"),
        pytest.param(422, {"detail": "no tools"}, "not-offered", id="refused-as-fastapi-does"),
        pytest.param(501, {"error": "tools are not built"}, "not-offered", id="not-implemented"),
        pytest.param(400, {"error": {}}, "fail", id="refused-without-a-reason"),
        pytest.param(404, b"", "fail", id="a-promised-endpoint-is-not-found"),
        pytest.param(400, b"<html>", "fail", id="refused-with-html"),
        pytest.param(401, {"error": {}}, "fail", id="refused-for-the-key"),
        pytest.param(500, {"error": {}}, "fail", id="failed"),
        pytest.param(200, {}, "fail", id="answered"),
    ],
)
def test_an_option_may_be_refused_honestly(status: int, body: Any, outcome: str) -> None:
    assert judge(broken, (exchange(status, body),), case="optional").outcome == outcome


@pytest.mark.parametrize(("status", "outcome"), [(400, "fail"), (404, "fail"), (501, "not-offered"), (500, "fail")])
def test_a_request_made_to_be_refused_is_not_offered_only_after_a_501(status: int, outcome: str) -> None:
    refused = exchange(status, {"error": {"message": "no tools"}})
    assert judge(broken, (refused,), case="optional-refused").outcome == outcome


def test_an_optional_endpoint_may_be_missing() -> None:
    missing = replace(exchange(404, b""), endpoint="embeddings")
    assert judge(broken, (missing,), case="embed", provider=OPENAI).outcome == "not-offered"
    assert judge(broken, (missing,), case="embed", provider=IIO).outcome == "fail"


def test_a_promised_feature_may_not_be_refused() -> None:
    assert judge(broken, (exchange(400, {"error": {}}),)).outcome == "fail"


def test_a_pass_is_not_downgraded() -> None:
    assert judge(holds, (LIMITED,)).outcome == "pass"
    assert judge(holds, (exchange(400, {}),), case="optional").outcome == "pass"


# --- attribution

WHOLE, USAGE = clause("WHOLE", "plain"), clause("USAGE", "plain", "should", "/usage")
TOTAL = clause("TOTAL", "plain", "may", "/usage/total_tokens")
INDEX = clause("INDEX", "plain", "must", "/choices/*/index")


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {one.id: one.outcome for one in verdict.clauses}


@pytest.mark.parametrize(
    ("places", "broken", "level"),
    [
        pytest.param(["/usage/total_tokens"], {"TOTAL"}, "may", id="the-most-specific-wins"),
        pytest.param(["/usage/prompt_tokens"], {"USAGE"}, "should", id="a-place-below"),
        pytest.param(["/choices/3/index"], {"INDEX"}, "must", id="a-star"),
        pytest.param(["/id"], {"WHOLE"}, "must", id="a-place-no-clause-names"),
        pytest.param([None], {"WHOLE"}, "must", id="no-place"),
        pytest.param(["/usage", "/choices/0/index"], {"USAGE", "INDEX"}, "must", id="two-findings"),
        pytest.param(["/usage", "/usage/total_tokens"], {"USAGE", "TOTAL"}, "should", id="the-highest-level-gates"),
    ],
)
def test_a_finding_breaks_the_clause_at_its_place(places: list[str | None], broken: set[str], level: str) -> None:
    verdict = judge(accusing(*places), clauses=(WHOLE, USAGE, TOTAL, INDEX))
    assert {id for id, outcome in outcomes(verdict).items() if outcome == "fail"} == broken
    assert {id for id, outcome in outcomes(verdict).items() if outcome == "pass"} == {*outcomes(verdict)} - broken
    assert verdict.level == level
    assert len(verdict.findings) == len(places)


def test_findings_are_sorted_by_level() -> None:
    verdict = judge(accusing("/usage/total_tokens", "/usage", "/choices/0/index"), clauses=(WHOLE, USAGE, TOTAL, INDEX))
    assert [finding.pointer for finding in verdict.findings] == ["/choices/0/index", "/usage", "/usage/total_tokens"]
    assert verdict.message == "expected a, actual b at /choices/0/index (and 2 more)"


def test_a_finding_without_a_matching_clause_breaks_all_clauses() -> None:
    assert set(outcomes(judge(accusing("/id"), clauses=(USAGE, INDEX))).values()) == {"fail"}


def test_other_outcomes_apply_to_every_clause_at_the_highest_level() -> None:
    verdict = judge(raising(Inconclusive("x")), clauses=(WHOLE, TOTAL))
    assert (outcomes(verdict), verdict.level) == ({"WHOLE": "inconclusive", "TOTAL": "inconclusive"}, "must")


@pytest.mark.parametrize(
    ("level", "at", "gates"),
    [
        pytest.param("must", "must", True, id="must-at-must"),
        pytest.param("should", "must", False, id="should-at-must"),
        pytest.param("should", "should", True, id="should-at-should"),
        pytest.param("may", "should", False, id="may-at-should"),
    ],
)
def test_a_failure_gates_at_its_level(level: str, at: str, gates: bool) -> None:
    verdict = judge(broken, clauses=(clause("C-1", "plain", level),))
    assert verdict.gates(at) is gates
    assert not replace(verdict, outcome="noted").gates(at)


# --- two columns


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        pytest.param(holds, broken, ["pass"], id="own-word-kept"),
        pytest.param(broken, broken, [], id="both-broken"),
        pytest.param(holds, holds, [], id="both-kept"),
        pytest.param(broken, holds, [], id="only-own-word-broken"),
        pytest.param(raising(Inconclusive("x")), broken, [], id="own-word-undecided"),
        pytest.param(None, broken, ["silent"], id="own-document-silent"),
    ],
)
def test_a_divergence_passes_by_the_own_document_and_fails_by_openais(
    own: Function | None, other: Function, found: list[str]
) -> None:
    verdicts = [judge(other, provider=OPENAI), *([judge(own)] if own else [])]
    assert [one.own for one in find_divergences(verdicts, {"iio": "iio"})] == found


def test_a_divergence_names_the_broken_clauses_of_openai() -> None:
    (one,) = find_divergences([judge(accusing("/usage"), clauses=(WHOLE, USAGE), provider=OPENAI)], {"iio": "iio"})
    assert (one.openai, one.check, one.case, one.message) == (
        ("USAGE",),
        "area.it",
        "plain",
        "expected a, actual b at /usage",
    )


def test_an_openai_target_has_no_divergences() -> None:
    assert find_divergences([judge(broken, provider=OPENAI)], {"iio": "openai"}) == ()


# --- a body of which not all was kept


def reads_body(exchange: Exchange) -> None:
    assert exchange.body


def reads_body_and_fails(exchange: Exchange) -> None:
    raise Violation("JSON", exchange.text)


def reads_headers_and_fails(exchange: Exchange) -> None:
    raise Violation("text/plain", exchange.content_type)


@pytest.mark.parametrize(
    ("function", "left", "outcome"),
    [
        pytest.param(reads_body, False, "inconclusive", id="what-is-beyond-may-say-otherwise"),
        pytest.param(reads_body_and_fails, False, "inconclusive", id="nor-is-it-to-blame"),
        pytest.param(holds, False, "pass", id="a-check-that-looks-elsewhere-holds"),
        pytest.param(reads_headers_and_fails, False, "fail", id="and-may-fail"),
        pytest.param(reads_body, True, "pass", id="a-client-that-left-has-seen-what-it-asked-for"),
        pytest.param(reads_body_and_fails, True, "inconclusive", id="but-not-what-it-left"),
    ],
)
@pytest.mark.parametrize("any_answer", [False, True])
def test_reading_a_truncated_body_is_inconclusive(
    function: Function, left: bool, outcome: str, any_answer: bool
) -> None:
    sent = (replace(exchange(body=b"{"), truncated=True, left=left),)
    verdict = judge(function, sent, any_answer=any_answer)
    told = "only the beginning of the body was recorded" if outcome == "inconclusive" else ""
    assert (verdict.outcome, told in verdict.message) == (outcome, True)


# --- one place


@pytest.mark.parametrize(
    "sentence",
    [
        CUT_SHORT,
        "answered 429, too many",
        "is optional and was refused",
        "could not ask: ",
        "which this run was not given",
    ],
)
def test_each_reason_for_no_judgement_is_defined_once(sentence: str) -> None:
    folder = Path(__file__).parents[1].parent
    files = [file for name in ("wireproof", "suites") for file in (folder / name).rglob("*.py")]
    assert sum(file.read_text(encoding="utf-8").count(sentence) for file in files) == 1


# --- the excuse that another check judges it


def presupposing(exchange: Exchange) -> None:
    raise Violation("a", "b", judged_by="area.other")


@pytest.mark.parametrize(
    ("column", "outcome"), [pytest.param("wire", "untestable", id="wire"), pytest.param("iio", "fail", id="document")]
)
def test_the_wire_judges_no_call_that_was_not_made(column: str, outcome: str) -> None:
    """The document promises the call; the wire judges the form of one that was made."""

    def without_call(exchange: Exchange) -> None:
        raise Violation("a tool call", "none", judged_by="tools.called")

    target = Target("iio", IIO, "http://127.0.0.1:1/v1")
    checks = {"area.it": Check("area.it", without_call, "It holds.", False, ("exchange",))}
    (entry,) = plan_verdicts(target, Column(column, IIO, "iio", (clause("C-1", "plain"),)), CASES)
    verdict = Judge(target, IIO, SchemaSet("iio"), checks, CASES).judge(entry, {"plain": (exchange(),)})
    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("case", "other_level", "other_fails", "outcome"),
    [
        pytest.param("plain", "must", True, "untestable", id="the-other-fails-at-the-same-level"),
        pytest.param("plain", "should", True, "fail", id="the-other-fails-at-a-lower-level"),
        pytest.param("*", "should", True, "untestable", id="a-rule-about-every-form"),
        pytest.param("plain", "must", False, "fail", id="the-other-passes"),
        pytest.param("plain", None, True, "fail", id="the-other-is-not-planned"),
    ],
)
def test_another_check_excuses_only_what_it_reports(
    case: str, other_level: str | None, other_fails: bool, outcome: str
) -> None:
    target, other = Target("iio", IIO, "http://127.0.0.1:1/v1"), clause("C-2", "plain", other_level or "must")
    functions = {"area.it": presupposing, "area.other": broken if other_fails else holds}
    checks = {id: Check(id, function, "It holds.", False, ("exchange",)) for id, function in functions.items()}
    (reporting,) = plan_verdicts(target, Column("iio", IIO, "iio", (other,)), CASES)
    planned = {} if other_level is None else {("area.other", "plain"): reporting}
    bench = Judge(target, IIO, SchemaSet("iio"), checks, CASES, planned)
    (entry,) = plan_verdicts(target, Column("iio", IIO, "iio", (clause("C-1", "plain"),)), CASES)
    cited = clause("C-1", case)
    entry = replace(entry, clauses=((cited, cited.judged[0]),))
    assert bench.judge(entry, {"plain": (exchange(),)}).outcome == outcome


@pytest.mark.parametrize(
    ("statuses", "reads_all", "outcome"),
    [
        pytest.param((200, 500, 200), True, "untestable", id="an-earlier-request-of-those-that-are-read"),
        pytest.param((200, 500, 200), False, "fail", id="an-earlier-request-that-is-not-read"),
        pytest.param((200, 200, 200), True, "fail", id="the-other-passes-on-each"),
    ],
)
def test_another_check_of_every_request_excuses_by_any_request_that_is_read(
    statuses: tuple[int, ...], reads_all: bool, outcome: str
) -> None:
    def presupposes_each(exchanges: tuple[Exchange, ...]) -> None:
        presupposing(exchanges[-1])

    function = presupposes_each if reads_all else presupposing
    arguments = tuple(inspect.signature(function).parameters)
    checks = {
        "area.it": Check("area.it", function, "It holds.", False, arguments),
        "area.other": Check("area.other", served, "It is served.", True, ("exchange", "case"), (), True),
    }
    target = Target("iio", IIO, "http://127.0.0.1:1/v1")
    (entry,) = plan_verdicts(target, Column("iio", IIO, "iio", (clause("C-1", "thrice"),)), CASES)
    bench = Judge(target, IIO, SchemaSet("iio"), checks, CASES, {("area.other", "thrice"): entry})
    assert bench.judge(entry, {"thrice": steps(*statuses)}).outcome == outcome
