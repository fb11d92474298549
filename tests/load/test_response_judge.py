"""The judge of load runs gives the verdicts of the suites' checks, also for bodies without repeated chunks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from wireproof.contract import loading, target_options
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.formats import json_pointer
from wireproof.load.conformance import conformance_share, response_judge
from wireproof.load.conformance.conformance_share import BrokenPlaces, JudgementKey
from wireproof.load.conformance.response_judge import BrokenCheck, ResponseJudge
from wireproof.load.engine.response_fold import StreamFold
from wireproof.load.engine.response_parser import ResponseParser
from wireproof.load.request_record import Outcome, RequestRecord, ResponseBody
from wireproof.load.scenario import case_lookup, prepared_request
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.mock.dry_run import DRY_RUN_TIME, DryRun
from wireproof.mock.faults import faults
from wireproof.mock.protocol.messages import HttpRequest, Ops
from wireproof.mock.protocol.response_head import wire_bytes

STREAMS = ("chat-usage-stream", "chat-basic-stream")


@pytest.fixture(scope="module")
def target() -> Target:
    (found,) = target_options.mock_targets("openai")
    return replace(found, base_url="http://cell/openai/v1")


@pytest.fixture(scope="module")
def rehearsal() -> DryRun:
    return DryRun(loading.read_providers_data())


@pytest.fixture(autouse=True)
def the_time_of_the_dry_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_judge, "time", lambda: DRY_RUN_TIME)


def case_of(name: str) -> Case:
    (case,) = case_lookup.find_cases([name]).values()
    ask = case.asks[-1]
    body = json_pointer.edit(ask.body, "/messages/0/content", "Count from 1 to 100, separated by commas.")
    return replace(case, asks=(replace(ask, body=body, cap=24),))


def done(rehearsal: DryRun, asked: PreparedRequest, fault: str | None = None) -> Ops:
    head, _, body = asked.wire.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split()
    headers = tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))
    more = (("x-wireproof-fault", fault),) if fault else ()
    rehearsal.reset()
    return rehearsal.ops(HttpRequest(method, path, "", (*headers, *more), body, DRY_RUN_TIME))


def heard(ops: Ops, *, whole: bool) -> ResponseBody | None:
    """The answer as a load run keeps it, with one read per write; None unless it is a successful stream."""
    reply, tally = ResponseParser(), StreamFold("chat", keep_body=True, decode_all=whole)
    for op in ops:
        try:
            reply.feed(wire_bytes(op))
        except Exception:  # no HTTP, and so nothing to judge
            return None
        if reply.body:
            tally.feed(bytes(reply.body), 1)
            del reply.body[:]
    kind = reply.header("content-type")
    if not reply.message_complete or reply.get_code() != 200 or "event-stream" not in kind:
        return None
    if tally.outcome_and_detail()[0] is not Outcome.OK:
        return None
    assert tally.body is not None
    return ResponseBody(200, kind, tally.body)


def broken(judge: ResponseJudge, asked: PreparedRequest, answer: ResponseBody) -> dict[str, tuple[str, ...]]:
    record = RequestRecord(asked.name, Outcome.OK, "", 200, 0, 0, 0, answer=answer)
    return {breach.check: breach.places for breach in judge.broken_checks(record, asked)}


def renamed(answer: ResponseBody) -> ResponseBody:
    """The answer with another id, another time and other texts."""
    body = answer.body.replace(b"chatcmpl-", b"chatcmpl-0123").replace(b'"content":"1"', b'"content":"other"')
    return replace(answer, body=body.replace(b"%d" % DRY_RUN_TIME, b"%d" % (DRY_RUN_TIME + 1)))


def shown_faults(rehearsal: DryRun, asked: PreparedRequest) -> Iterator[tuple[str, Ops]]:
    """Yields the faults that change the answer to a request, with the changed answer."""
    faultless = done(rehearsal, asked)
    for one in faults().values():
        if {"*", "chat"} & set(one.endpoints) and (ops := done(rehearsal, asked, one.id)) != faultless:
            yield one.id, ops


@pytest.mark.parametrize("name", STREAMS)
def test_omitted_chunks_change_no_verdict(target: Target, rehearsal: DryRun, name: str) -> None:
    """Judges every visible fault of the reference server on the whole stream and on its kept part."""
    case = case_of(name)
    asked, judge = prepared_request.prepare(name, case, target), ResponseJudge(target, {name: case})
    caught = Counter[bool]()
    for fault, ops in shown_faults(rehearsal, asked):
        all_of_it, kept = heard(ops, whole=True), heard(ops, whole=False)
        assert (all_of_it is None) == (kept is None)
        if all_of_it is not None and kept is not None:
            found = {breach.check: breach.places for breach in judge.judge(all_of_it, asked)}
            assert found == broken(judge, asked, kept), fault
            # Judged again, now by the cached verdict of a similar answer.
            assert found == broken(judge, asked, renamed(kept)), fault
            assert "error" not in found, fault
            caught[bool(found)] += 1
    assert caught[True] > 25


@pytest.mark.parametrize("name", STREAMS)
def test_the_fault_free_stream_conforms_and_most_of_it_is_omitted(target: Target, rehearsal: DryRun, name: str) -> None:
    case = case_of(name)
    asked, judge = prepared_request.prepare(name, case, target), ResponseJudge(target, {name: case})
    ops = done(rehearsal, asked)
    all_of_it, kept = heard(ops, whole=True), heard(ops, whole=False)
    assert all_of_it is not None
    assert kept is not None
    assert broken(judge, asked, kept) == broken(judge, asked, all_of_it) == {}
    assert kept.body.count(b"data: ") < 8 < 24 < all_of_it.body.count(b"data: ")


def test_an_answer_with_the_nonce_of_another_request_is_a_violation(target: Target) -> None:
    """An answer without any nonce is no violation."""
    (case,) = case_lookup.find_cases(["chat-basic"]).values()
    asked = replace(prepared_request.prepare("chat-basic", case, target), nonce="kestrel-000000007")
    judge = ResponseJudge(target, {"chat-basic": case})

    def crossed(said: str) -> bool:
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()
        return response_judge.OWN_ANSWERS_CHECK in broken(judge, asked, ResponseBody(200, "application/json", body))

    assert not crossed("kestrel-000000007")
    assert not crossed("I would rather not.")
    assert crossed("kestrel-000000008")
    assert crossed("kestrel-000000007 kestrel-000000008")


def test_levels_are_those_of_the_document(target: Target) -> None:
    """A check has different levels at different places; answers that cannot be parsed have the level must."""
    levels = conformance_share.LevelLookup(target)
    assert levels.check_and_level("chat-usage-stream", BrokenPlaces("schema.chunks", ("/id",))) == (
        "schema.chunks",
        "must",
    )
    assert levels.check_and_level("chat-usage-stream", BrokenPlaces("schema.chunks", ("/elsewhere",))) == (
        "schema.chunks",
        "should",
    )
    assert levels.check_and_level("chat-usage-stream", BrokenPlaces("cut", ())) == ("cut", "must")
    assert levels.check_and_level("chat-basic", BrokenPlaces("wire.no-server-error", ())) == (
        "wire.no-server-error",
        "must",
    )


def test_answers_are_counted_by_violations_and_concurrency(target: Target) -> None:
    counts = Counter[JudgementKey]()
    at_id = BrokenCheck("schema.chunks", ("/id",), "")
    for flying, breaches in ((1, ()), (5, ()), (7, (at_id,)), (70, (at_id, BrokenCheck("cut", (), "")))):
        counts[conformance_share.judgement_key("chat-usage-stream", flying, breaches)] += 1
    told = conformance_share.conformance_summary(counts, target)
    assert told is not None
    assert (told["judged"], told["conformant"], told["share"]) == (4, 2, 0.5)
    assert [(row["under_way"], row["judged"], row["conformant"]) for row in told["by_concurrency"]] == [
        (1, 1, 1),
        (4, 2, 1),
        (64, 1, 0),
    ]
    assert {(one["check"], one["level"], one["answers"]) for one in told["broken"]} == {
        ("schema.chunks", "must", 2),
        ("cut", "must", 1),
    }
    assert conformance_share.conformance_summary(Counter(), target) is None


LIMITED = {
    "content-type": "application/json",
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "7s",
    "retry-after": "7",
}


def fields(headers: dict[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


@pytest.mark.parametrize(
    ("status", "body", "checks"),
    [
        pytest.param(500, b"oops", {"wire.no-server-error"}, id="crashed"),
        pytest.param(429, b'{"error":{"message":"m","type":"t","param":null,"code":"c"}}', set(), id="throttled"),
        pytest.param(429, b'{"detail":"no"}', {"schema.error"}, id="another-envelope"),
        pytest.param(503, b'{"error":{"message":"m","type":"t","param":null,"code":"c"}}', set(), id="unavailable"),
    ],
)
def test_refusals_are_judged_by_their_form(target: Target, status: int, body: bytes, checks: set[str]) -> None:
    (case,) = case_lookup.find_cases(["chat-basic"]).values()
    asked, judge = prepared_request.prepare("chat-basic", case, target), ResponseJudge(target, {"chat-basic": case})
    answer: Any = ResponseBody(status, "application/json", body, fields(LIMITED))
    assert broken(judge, asked, answer).keys() >= checks
    assert bool(broken(judge, asked, answer)) == bool(checks)


REFUSED = (
    b'{"error":{"message":"Too many requests.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}'
)


@pytest.mark.parametrize(
    ("headers", "check"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"retry-after": "soon"}, "limits.readable", id="a-wait-in-words"),
        pytest.param({"retry-after": "9000000"}, "limits.readable", id="a-wait-of-months"),
        pytest.param({"x-ratelimit-remaining-requests": "61"}, "limits.readable", id="more-left-than-there-are"),
    ],
)
def test_the_headers_of_a_refusal_are_judged(target: Target, headers: dict[str, str], check: str | None) -> None:
    (case,) = case_lookup.find_cases(["chat-basic"]).values()
    asked, judge = prepared_request.prepare("chat-basic", case, target), ResponseJudge(target, {"chat-basic": case})
    counts: Counter[Any] = Counter()
    for n in range(3):
        pairs = fields({**LIMITED, **headers, "x-request-id": f"req_{n}"})
        breaches = judge.broken_checks(
            RequestRecord(
                "chat-basic",
                Outcome.THROTTLED,
                "",
                429,
                0,
                0,
                0,
                answer=ResponseBody(429, "application/json", REFUSED, pairs),
            ),
            asked,
        )
        counts[conformance_share.judgement_key("chat-basic", 1, breaches)] += 1
    told = conformance_share.conformance_summary(counts, target)
    assert told is not None
    assert told["conformant"] == (3 if check is None else 0)
    assert check is None or (check, "must", 3) in {
        (one["check"], one["level"], one["answers"]) for one in told["broken"]
    }
