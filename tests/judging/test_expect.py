"""Expectations: the values they return, and the violations they raise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.schemas import SchemaSet
from wireproof.judging import expect
from wireproof.judging.check import (
    BodyRead,
    Exchange,
    Finding,
    Inconclusive,
    Request,
    SchemaView,
    Untestable,
    Violation,
    display_text,
)

IIO, OPENAI = (loading.load_providers()[name] for name in ("iio", "openai"))


def exchange(status: int = 200, body: Any = None, kind: str = "application/json", **headers: str) -> Exchange:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Exchange(
        "t", "c", "chat", 0, Request("POST", "http://h/"), status=status, reads=(BodyRead(0, data),),
        headers=tuple((name.encode(), value.encode()) for name, value in lines.items()),
    )  # fmt: skip


def stream(*data: str, status: int = 200, kind: str = "text/event-stream") -> Exchange:
    return exchange(status, "".join(f"data: {one}\n\n" for one in data).encode(), kind)


def finding(call: Callable[[], Any]) -> Finding:
    """The one finding of the violation that a call raises."""
    with pytest.raises(Violation) as raised:
        call()
    (one,) = raised.value.findings
    return one


def test_expectations_return_the_examined_value() -> None:
    assert expect.answer(exchange(body={"a": 1})) == {"a": 1}
    assert expect.json_body(exchange(body=[1])) == [1]
    assert expect.member({"a": [{"b": 2}]}, "/a/0/b", int) == 2
    assert expect.header(exchange(X_One="1"), "x-one") == "1"
    assert expect.chunks(stream('{"a": 1}', '{"a": 2}', "[DONE]")) == (
        ("event 0 (byte 0)", {"a": 1}),
        ("event 1 (byte 16)", {"a": 2}),
    )


@pytest.mark.parametrize(
    ("moment", "near"),
    [(700, True), (1300.0, True), (699, False), (1301, False), (1000_000, False), (True, False), ("1000", False)],
)
def test_a_time_is_recent_within_five_minutes_of_the_response(moment: Any, near: bool) -> None:
    answered = replace(exchange(), sent_at=1000.0)
    if near:
        expect.recent(answered, moment, at="/created")
    else:
        found = finding(lambda: expect.recent(answered, moment, at="/created"))
        assert (found.expected, found.actual) == ("within 300 s of 1000", display_text(moment))


@pytest.mark.parametrize(
    ("model", "same"), [("m", True), ("m-2024-01-01", True), ("m2", False), ("M", False), (None, False)]
)
def test_the_same_model_may_be_a_dated_version(model: Any, same: bool) -> None:
    answered = replace(exchange(), request=Request("POST", "http://h/", body=b'{"model": "m"}'))
    if same:
        expect.same_model(answered, model, at="/model")
    else:
        assert finding(lambda: expect.same_model(answered, model, at="/model")).expected == "m or a version of it"


@pytest.mark.parametrize(("arguments", "parsed"), [('{"a": 1}', {"a": 1}), ("{", "{"), (None, None)])
def test_arguments_that_are_not_json_stay_unchanged(arguments: Any, parsed: Any) -> None:
    assert expect.parsed_arguments(arguments) == parsed


@pytest.mark.parametrize("stalled_ns", [0, 5_000_000])
def test_a_short_local_stall_is_ignored(stalled_ns: int) -> None:
    expect.no_local_stall(replace(exchange(), stalled_ns=stalled_ns), 5_000_000)


def test_a_longer_local_stall_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="stalled for 6 ms"):
        expect.no_local_stall(replace(exchange(), stalled_ns=6_000_000), 5_000_000)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        pytest.param(1, 1.0, True, id="one-is-one"),
        pytest.param(1, True, False, id="one-is-not-true"),
        pytest.param(0, False, False, id="zero-is-not-false"),
        pytest.param(True, True, True, id="true-is-true"),
        pytest.param(None, False, False, id="null-is-not-false"),
        pytest.param("1", 1, False, id="text-is-not-a-number"),
        pytest.param([1], [1.0], True, id="lists"),
        pytest.param([1], [True], False, id="true-inside-a-list"),
        pytest.param({"a": 0}, {"a": False}, False, id="false-inside-an-object"),
    ],
)
def test_json_equality(left: Any, right: Any, alike: bool) -> None:
    assert expect.json_equal(left, right) is alike
    assert expect.json_equal(right, left) is alike


@pytest.mark.parametrize(
    ("call", "expected", "actual", "where"),
    [
        pytest.param(
            lambda: expect.status(exchange(500, {}), 200), "status 200", "500 with {}", "status line", id="status"
        ),
        pytest.param(
            lambda: expect.answer(exchange(404, {})),
            "a status of success (2xx)",
            "404 with {}",
            "status line",
            id="refused",
        ),
        pytest.param(
            lambda: expect.answer(exchange(body=b"<html>")),
            "a JSON body",
            "<html> (Expecting value: line 1 column 1 (char 0))",
            "body",
            id="html",
        ),
        pytest.param(lambda: expect.answer(exchange(body=[])), "a JSON object", "[]", "body", id="a-list"),
        pytest.param(lambda: expect.member({}, "/a/b"), "this member present", "missing", "/a/b", id="missing"),
        pytest.param(lambda: expect.member({"a": "1"}, "/a", int), "a value of type int", "1", "/a", id="another-type"),
        pytest.param(
            lambda: expect.member({"a": True}, "/a", int, float),
            "a value of type int or float",
            "true",
            "/a",
            id="true",
        ),
        pytest.param(
            lambda: expect.header(exchange(), "x-one"),
            "the header x-one once, with a value",
            "[]",
            "header x-one",
            id="header",
        ),
        pytest.param(
            lambda: expect.event_stream(stream("{}", kind="application/json")),
            "text/event-stream",
            "application/json with data: {}\n\n",
            "Content-Type",
            id="no-stream",
        ),
        pytest.param(lambda: expect.event_stream(stream()), "at least one event", "", "body", id="an-empty-stream"),
        pytest.param(
            lambda: expect.chunks(stream("{}", "oops")), "a JSON object", "oops", "event 1 (byte 10)", id="a-bad-chunk"
        ),
        pytest.param(
            lambda: expect.chunks(stream("[DONE]")),
            "at least one chunk before [DONE]",
            "data: [DONE]\n\n",
            "body",
            id="only-done",
        ),
        pytest.param(
            lambda: expect.client_error(exchange(500, {})),
            "a status from 400 to 499",
            "500 with {}",
            "status line",
            id="5xx",
        ),
        pytest.param(lambda: expect.equal(1, True, where="x"), "true", "1", "x", id="equal"),
    ],
)
def test_a_violation_names_expected_actual_and_place(
    call: Callable[[], Any], expected: str, actual: str, where: str
) -> None:
    found = finding(call)
    assert (found.expected, found.actual, found.where) == (expected, actual, where)


# --- refusals


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": {"code": "auth_required"}}, id="openais-envelope"),
        pytest.param({"error": {"type": "auth_required"}}, id="as-a-type"),
        pytest.param({"code": "auth_required"}, id="at-the-top"),
        pytest.param({"error": "auth_required"}, id="as-a-text"),
        pytest.param({"detail": {"code": "auth_required"}}, id="in-a-detail"),
        pytest.param({"error": {"type": "x", "code": "auth_required"}}, id="beside-another"),
    ],
)
def test_a_code_is_accepted_at_every_documented_place(body: Any) -> None:
    expect.refusal(exchange(401, body), IIO.refusals["missing-key"], IIO)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(403, {"error": {"code": "auth_required"}}, "status 401", id="another-status"),
        pytest.param(401, {"error": {"code": "nope"}}, "the code auth_required at ", id="another-code"),
        pytest.param(401, {"message": "auth_required"}, "the code auth_required at ", id="the-code-elsewhere"),
        pytest.param(401, {"error": {"code": 7}}, "the code auth_required at ", id="a-code-of-number"),
        pytest.param(401, b"auth_required", "a JSON body", id="plain-text"),
    ],
)
def test_an_undocumented_refusal_is_a_violation(status: int, body: Any, expected: str) -> None:
    found = finding(lambda: expect.refusal(exchange(status, body), IIO.refusals["missing-key"], IIO))
    assert found.expected.startswith(expected)


def test_each_of_several_documented_statuses_is_accepted() -> None:
    wanted = IIO.refusals["missing-field"]
    for status in wanted.status:
        expect.refusal(exchange(status, {"anything": 1}), wanted, IIO)


def test_the_type_of_an_error_is_compared_where_the_document_names_it() -> None:
    wanted = OPENAI.refusals["bad-key"]
    error = {"type": "invalid_request_error", "code": "invalid_api_key"}
    expect.refusal(exchange(401, {"error": error}), wanted, OPENAI)
    found = finding(lambda: expect.refusal(exchange(401, {"error": {**error, "type": "x"}}), wanted, OPENAI))
    assert (found.expected, found.actual, found.pointer) == ("the type invalid_request_error", "x", "/error/type")


# --- shapes


def chat() -> SchemaView:
    return expect.shape(SchemaSet("openai"), "chat.response")


def test_findings_of_a_schema_name_their_document() -> None:
    with pytest.raises(Violation) as raised:
        expect.conforms({}, chat(), where="event 3")
    found = raised.value.findings
    assert {one.pointer for one in found} >= {"/id", "/choices"}
    assert all(one.where == f"event 3 {one.pointer}" for one in found)


def test_an_undescribed_schema_is_untestable() -> None:
    with pytest.raises(Untestable, match=r"describes no shape nothing\.response"):
        expect.shape(SchemaSet("openai"), "nothing.response")


# --- values in words


def test_a_long_value_is_cut_in_the_middle() -> None:
    text = display_text("a" * 150 + "b" * 150)
    assert len(text) < 200
    assert text.startswith("a" * 100)
    assert text.endswith("b" * 50)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"ä": None}, '{"ä": null}', id="json"),
        pytest.param("text", "text", id="a-text-as-it-is"),
        pytest.param({1, 2}, "{1, 2}", id="what-json-cannot-say"),
    ],
)
def test_values_in_findings_are_readable(value: Any, text: str) -> None:
    assert display_text(value) == text


def test_tracebacks_of_violations_hide_our_frames() -> None:
    """The first frame that pytest shows is the check's, since frames with __tracebackhide__ are hidden."""
    with pytest.raises(Violation) as raised:
        expect.answer(exchange(500, {}))
    ours = [entry for entry in raised.traceback if entry.path.name == "expect.py"]
    assert ours
    assert all(entry.frame.f_locals.get("__tracebackhide__") for entry in ours)
