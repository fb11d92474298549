"""The cause of each undecided verdict is found in the sentence that a run writes for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wireproof.client.budget import Budget
from wireproof.client.request_builder import build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.contract import loading, schemas
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.target import Key, Target, not_given
from wireproof.evidence.exchange import Exchange, Request
from wireproof.judging.check import Inconclusive
from wireproof.judging.excuses import require_no_rate_limit
from wireproof.judging.undecided_causes import UNDECIDED_CAUSES, find_cause
from wireproof.session.found_abilities import reason_not_shown
from wireproof.session.resume import CASE_CHANGED, REQUEST_CUT_OFF

CASES = loading.load_cases()
KEYS = {"good": Key("SOME_KEY", "k")}
TARGET = Target("openai", loading.load_providers()["openai"], "http://127.0.0.1:1/v1", KEYS, profile="all")


def sentence_of(function: Callable[..., Any], *arguments: Any) -> str:
    """The sentence of the exception that a function raises."""
    with pytest.raises((CannotSend, Inconclusive)) as raised:
        function(*arguments)
    return str(raised.value)


def skipped(case: str, **members: Any) -> str:
    reason = skip_reason(CASES[case], replace(TARGET, **members))
    assert reason is not None
    return reason.reason


def debited(spec: RequestSpec, **members: Any) -> str:
    target = replace(TARGET, models={"chat": "no-such-model"}, **members)
    reason = Budget(target).debit(build_request(spec, target, "chat-basic", {}))
    assert reason is not None
    return reason


def built(**fields: Any) -> str:
    return sentence_of(
        build_request, RequestSpec("chat", "chat", body={"model": "$model"}, **fields), TARGET, "chat-basic", {}
    )


def limited() -> str:
    wait = ((b"Retry-After", b"1"),)
    exchange = Exchange("t", "c", "chat", 0, Request("POST", "http://127.0.0.1:1/"), status=429, headers=wait)
    return sentence_of(require_no_rate_limit, exchange)


def not_shown(status: int) -> str:
    probe = Exchange("t", "vision-colour", "chat", 0, Request("POST", "http://127.0.0.1:1/"), status=status)
    return reason_not_shown("gpt-x", "vision", [probe])


CAPPED = RequestSpec("chat", "chat", cap=5, body={})
BARE = RequestSpec("chat", "chat", body={})
FULL = next(case.name for case in CASES.values() if case.profile == "full" and not case.means and not case.features)
TOGETHER: Case = next(case for case in CASES.values() if case.together and not case.means)


@pytest.mark.parametrize(
    ("reason", "cause", "option"),
    [
        pytest.param(not_given({"free-tier-key"}), "key", "--key free=ENV", id="key-of-a-tier"),
        pytest.param(not_given({"exhausted-key"}), "key", "--key TIER-exhausted=ENV", id="spent-key"),
        pytest.param(not_given({"last-of-volume-key"}), "key", "--key TIER-last=ENV", id="last-request"),
        pytest.param(not_given({"revoked-key"}), "key", "--key revoked=ENV", id="revoked-key"),
        pytest.param(not_given({"clock", "pro-tier-key"}), "key", "--key pro=ENV", id="key-and-clock"),
        pytest.param(not_given({"clock"}), "later-hour", "--patience SECONDS", id="clock"),
        pytest.param(not_given({"one-slot"}), "one-slot", "--one-slot", id="one-slot"),
        pytest.param(not_given({"cell-down"}), "outage", "the reference server alone", id="outage"),
        pytest.param(not_given({"cell-down", "pro-tier-key"}), "outage", "the reference server alone", id="both"),
        pytest.param(skipped(FULL, profile="core"), "profile-full", "--profile full", id="profile"),
        pytest.param(
            skipped(TOGETHER.name, connections=1),
            "connections",
            f"--connections {TOGETHER.connection_count}",
            id="connections",
        ),
        pytest.param(built(), "model", "--model chat=ID", id="model"),
        pytest.param(not_shown(400), "model", "--model vision=ID", id="model-that-refuses"),
        pytest.param(not_shown(429), "rate-limited", "--pace N", id="model-that-is-limited"),
        pytest.param(built(key="pro-exhausted"), "key", "--key pro-exhausted=ENV", id="key-of-a-request"),
        pytest.param(debited(CAPPED, max_requests=0), "budget", "--max-requests N", id="requests"),
        pytest.param(debited(CAPPED, max_output_tokens=1), "budget", "--max-output-tokens N", id="tokens"),
        pytest.param(debited(BARE, max_output_tokens=1), "budget", "no --max-output-tokens", id="uncapped"),
        pytest.param(debited(CAPPED, max_cost=1.0), "budget", "--price IN,OUT", id="price"),
        pytest.param(limited(), "rate-limited", "--pace N", id="429"),
        pytest.param(REQUEST_CUT_OFF.reason, "cut-off", "--resend", id="cut-off"),
        pytest.param(CASE_CHANGED.reason, "cut-off", "", id="changed-case"),
        pytest.param("the tier of this key is not known", "tier", "--tier NAME", id="tier"),
        pytest.param("the smoke case failed: t: expected a, actual b", "failed-elsewhere", "", id="smoke"),
        pytest.param("expected a, actual b; chat.n judges that", "failed-elsewhere", "", id="another-check"),
        pytest.param("the request carried no id", "other", "", id="unknown"),
    ],
)
def test_the_cause_and_the_option_are_those_of_the_sentence(reason: str, cause: str, option: str) -> None:
    found, remedy = find_cause("untestable", reason)
    assert (found.id, remedy) == (cause, option)


@pytest.mark.parametrize(
    ("outcome", "cause"), [("inconclusive", "undecided-answer"), ("not-offered", "declined"), ("untestable", "other")]
)
def test_a_reason_of_a_check_has_the_cause_of_its_outcome(outcome: str, cause: str) -> None:
    assert find_cause(outcome, "the model said something else")[0].id == cause


def test_a_model_that_serves_an_endpoint_is_not_of_the_wrong_kind_for_it() -> None:
    """One model of llama-server answers chats and embeddings."""
    case, named = CASES["embeddings-chat-model"], {"chat": "letters", "embeddings": "vectors"}
    assert skip_reason(case, replace(TARGET, models=named)) is None
    reason = skip_reason(case, replace(TARGET, models={**named, "embeddings": "letters"}))
    assert reason is not None
    assert find_cause(reason.outcome, reason.reason)[0].id == "model"


def test_every_reason_not_to_send_a_case_has_a_cause() -> None:
    """No live target lacks everything at once, so the cases are asked of a bare one and of a poor one."""
    for provider in loading.load_providers().values():
        for target in (
            replace(TARGET, provider=provider, profile="core"),
            replace(TARGET, provider=provider, connections=1),
        ):
            reasons = filter(None, (skip_reason(case, target) for case in CASES.values()))
            causes = {find_cause(reason.outcome, reason.reason)[0].id for reason in reasons}
            assert not causes & {"other", "undecided-answer", "failed-elsewhere"}


def test_the_format_of_the_report_lists_the_causes() -> None:
    members = schemas.schema_document("formats/report.json")["properties"]
    group = members["promises"]["items"]["properties"]["open"]["items"]["properties"]
    assert group["cause"]["enum"] == [cause.id for cause in UNDECIDED_CAUSES]


def test_each_cause_can_be_told_of_one_promise_and_of_several() -> None:
    for cause in UNDECIDED_CAUSES:
        assert cause.count_in_words(2) == f"2 {cause.words}"
        assert cause.count_in_words(1).startswith("1 ")
