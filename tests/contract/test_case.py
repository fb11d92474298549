"""Cases: inheritance from bases, edits, and the kind and means that follow from the request."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.errors import ConfigError

BASIC = {
    "says": "one short answer",
    "endpoint": "chat",
    "cap": 16,
    "headers": {"X-One": "1"},
    "body": {"model": "$model", "messages": [{"role": "user", "content": "hi"}], "temperature": 0},
}


def cases(**entries: dict[str, Any]) -> dict[str, Case]:
    known = {"basic": BASIC, **entries}
    return {case.name: case for case in read_cases("chat", known, "suites/chat/cases.yaml", known)}


def case(**entry: Any) -> Case:
    return cases(it={"says": "it", **entry})["it"]


def test_a_case_without_a_base_has_its_own_values() -> None:
    basic = cases()["basic"]
    (ask,) = basic.asks
    assert (basic.area, basic.endpoint, basic.kind, basic.profile) == ("chat", "chat", "answer", "all")
    assert (ask.model, ask.key, ask.scheme, ask.cap, ask.body) == ("chat", "good", "Bearer", 16, BASIC["body"])


def test_a_case_inherits_the_request_of_its_base_with_edits() -> None:
    (ask,) = case(base="basic", set={"/temperature": 2.1, "/messages/-": {"role": "user"}}, drop=["/model"]).asks
    assert ask.body == {"messages": [{"role": "user", "content": "hi"}, {"role": "user"}], "temperature": 2.1}
    assert ask.cap == 16


def test_edits_do_not_change_the_base() -> None:
    before = copy.deepcopy(BASIC)
    found = cases(it={"says": "it", "base": "basic", "set": {"/messages/0/content": "ho"}, "drop": ["/temperature"]})
    assert before == BASIC
    assert found["basic"].asks[0].body == before["body"]


def test_edits_of_a_chain_of_bases_accumulate() -> None:
    found = cases(
        one={"says": "one", "base": "basic", "set": {"/n": 2}, "headers": {"X-Two": "2"}, "feature": "n"},
        two={"says": "two", "base": "one", "set": {"/stop": "x"}, "key": "none"},
    )["two"]
    (ask,) = found.asks
    assert ask.body == {**BASIC["body"], "n": 2, "stop": "x"}  # type: ignore[dict-item]
    assert ask.headers == {"X-One": "1", "X-Two": "2"}
    assert (ask.key, found.features) == ("none", ("n",))


def test_a_refusal_is_not_inherited() -> None:
    found = cases(bad={"says": "bad", "base": "basic", "refused": "bad-key"}, good={"says": "good", "base": "bad"})
    assert (found["bad"].kind, found["good"].kind) == ("refusal", "answer")


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        pytest.param({"base": "basic"}, "answer", id="plain"),
        pytest.param({"base": "basic", "set": {"/stream": True}}, "stream", id="stream"),
        pytest.param({"base": "basic", "set": {"/stream": False}}, "answer", id="stream-false"),
        pytest.param({"base": "basic", "set": {"/stream": "yes"}}, "answer", id="stream-word"),
        pytest.param({"base": "basic", "set": {"/stream": True}, "refused": "bad-key"}, "refusal", id="refused"),
        pytest.param({"endpoint": "models", "path": "/m?stream=true&after=3"}, "stream", id="stream-in-query"),
        pytest.param({"endpoint": "chat", "raw": "{"}, "answer", id="raw"),
        pytest.param({"endpoint": "models", "method": "HEAD"}, "bare", id="head"),
        pytest.param({"base": "basic", "method": "OPTIONS"}, "bare", id="options"),
        pytest.param({"base": "basic", "either": True}, "either", id="either"),
        pytest.param({"steps": [{"base": "basic"}, {"base": "basic", "set": {"/stream": True}}]}, "stream", id="steps"),
    ],
)
def test_the_kind_follows_from_the_last_request(entry: dict[str, Any], kind: str) -> None:
    assert case(**entry).kind == kind


FORM = {
    "says": "a form",
    "endpoint": "transcriptions",
    "form": {"model": "$model", "file": {"file": "transcriptions/speech.wav", "type": "audio/wav"}},
}


def test_edits_change_the_form_of_a_base_that_has_one() -> None:
    found = cases(form=FORM, it={"says": "it", "base": "form", "set": {"/language": "en"}, "drop": ["/file"]})
    (ask,) = found["it"].asks
    assert (ask.form, ask.body) == ({"model": "$model", "language": "en"}, None)
    assert (ask.model, ask.content_type) == ("audio", "multipart/form-data; boundary=wireproof-form-7578")


def test_a_body_replaces_a_form_and_a_form_replaces_a_body() -> None:
    found = cases(
        form=FORM,
        json={"says": "json", "base": "form", "body": {"model": "$model"}, "set": {"/n": 1}},
        back={"says": "back", "base": "json", "form": {"a": "b"}, "content_type": "multipart/form-data"},
    )
    (as_json,), (as_form,) = found["json"].asks, found["back"].asks
    assert (as_json.form, as_json.body, as_json.content_type) == (None, {"model": "$model", "n": 1}, "application/json")
    assert (as_form.form, as_form.body, as_form.content_type) == ({"a": "b"}, None, "multipart/form-data")


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        pytest.param("json", "answer", id="json"),
        pytest.param("verbose_json", "answer", id="verbose"),
        pytest.param("text", "text", id="text"),
        pytest.param("srt", "text", id="srt"),
        pytest.param("vtt", "text", id="vtt"),
    ],
)
def test_a_form_with_a_plain_text_format_has_the_kind_text(format: str, kind: str) -> None:
    found = cases(form=FORM, it={"says": "it", "base": "form", "set": {"/response_format": format}})
    assert found["it"].kind == kind


@pytest.mark.parametrize(
    ("entry", "means"),
    [
        pytest.param({}, set(), id="good"),
        pytest.param({"key": "none"}, set(), id="none"),
        pytest.param({"key": "empty"}, set(), id="empty"),
        pytest.param({"key": "bad"}, set(), id="bad"),
        pytest.param({"key": "unprefixed"}, set(), id="unprefixed"),
        pytest.param({"key": "free"}, {"free-tier-key"}, id="tier"),
        pytest.param({"key": "pro-exhausted"}, {"exhausted-key"}, id="exhausted"),
        pytest.param({"key": "free-spent"}, {"exhausted-key"}, id="spent"),
        pytest.param({"key": "revoked"}, {"revoked-key"}, id="revoked"),
        pytest.param({"key": "same-account"}, {"same-account-key"}, id="same account"),
        pytest.param({"cell": "down"}, {"cell-down"}, id="cell"),
        pytest.param({"clock": 61, "key": "free"}, {"clock", "free-tier-key"}, id="clock"),
        pytest.param({"slots": 1}, {"one-slot"}, id="slots"),
    ],
)
def test_the_means_follow_from_the_request(entry: dict[str, Any], means: set[str]) -> None:
    assert case(base="basic", **entry).means == means


def test_a_sequence_needs_the_means_of_all_its_steps() -> None:
    found = case(steps=[{"base": "basic", "cell": "down"}, {"base": "basic", "clock": 30}])
    assert found.means == {"cell-down", "clock"}
    assert [ask.cell for ask in found.asks] == ["down", None]


def test_requests_and_tokens_are_counted_over_steps_choices_and_repeats() -> None:
    found = case(base="basic", set={"/n": 3}, repeat=4)
    assert (found.request_count, found.token_ceiling) == (4, 4 * 3 * 16)
    assert case(steps=[{"base": "basic"}, {"base": "basic"}]).request_count == 2
    assert case(base="basic", cap=None).token_ceiling == 0


@pytest.mark.parametrize(
    ("entry", "apart", "connections"),
    [
        pytest.param({"base": "basic", "repeat": 3}, False, 1, id="one-after-another"),
        pytest.param({"connection": "same", "steps": [{"base": "basic"}] * 3}, True, 1, id="over-one-connection"),
        pytest.param({"together": True, "steps": [{"base": "basic"}] * 3}, True, 3, id="at-once"),
    ],
)
def test_a_case_counts_its_own_connections(entry: dict[str, Any], apart: bool, connections: int) -> None:
    found = case(**entry)
    assert (found.has_own_connections, found.connection_count, found.kind) == (apart, connections, "answer")


@pytest.mark.parametrize(
    ("endpoint", "role"),
    [
        pytest.param("chat", "chat", id="chat"),
        pytest.param("responses", "chat", id="responses"),
        pytest.param("embeddings", "embeddings", id="embeddings"),
        pytest.param("completions", "completions", id="completions"),
        pytest.param("images", "image", id="images"),
        pytest.param("transcriptions", "audio", id="transcriptions"),
    ],
)
def test_an_endpoint_selects_the_role_of_its_model(endpoint: str, role: str) -> None:
    assert case(endpoint=endpoint).asks[0].model == role
    assert case(endpoint=endpoint, model="chat").asks[0].model == "chat"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        pytest.param({"base": "nothing"}, "its base 'nothing' is not a case", id="no-such-base"),
        pytest.param({"base": "it"}, "its base 'it' is circular", id="its-own-base"),
        pytest.param({}, "it has no endpoint", id="no-endpoint"),
        pytest.param(
            {"base": "basic", "drop": ["/mesages"]}, r"an edit does not apply \(/mesages\)", id="drop-nothing"
        ),
        pytest.param({"base": "basic", "set": {"/messages/7/role": 1}}, "an edit does not apply", id="behind-the-end"),
        pytest.param({"base": "basic", "set": {"/model/x": 1}}, "an edit does not apply", id="inside-a-text"),
        pytest.param({"endpoint": "models", "set": {"/model": 1}}, "an edit does not apply", id="no-body"),
        pytest.param({"steps": [{"base": "basic"}, {"base": "gone"}]}, "its base 'gone' is not a case", id="in-a-step"),
    ],
)
def test_an_invalid_case_raises_an_error_of_one_sentence(entry: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=f"^suites/chat/cases.yaml, case it: {problem}.*; .+$"):
        case(**entry)


def test_circular_bases_raise_an_error() -> None:
    with pytest.raises(ConfigError, match="is circular"):
        cases(one={"says": "one", "base": "two"}, two={"says": "two", "base": "one"})
