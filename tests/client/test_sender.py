"""Sender and evidence collection over real sockets: each case once, within the budget, without hiding failures."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from wireproof.client.http_client import HttpClient
from wireproof.client.model_choice import pick_models
from wireproof.client.recorder import NullRecorder
from wireproof.client.sender import Sender
from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.target import Deadlines, Key, Target
from wireproof.contract.target_columns import Column
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.judging.check import BodyRead, Check, Exchange, Request, Undecided, Violation
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.verdict_plan import plan_verdicts
from wireproof.session.send_target import TargetEvidence, send_to_target

pytestmark = pytest.mark.asyncio
IIO = loading.load_providers()["iio"]
ENTRIES: dict[str, Any] = {
    "models-list": {"says": "l", "endpoint": "models"},
    "chat-basic": {"says": "c", "endpoint": "chat", "body": {"model": "$model"}},
    "plain": {"says": "p", "endpoint": "chat", "body": {}},
    "limited": {"says": "l", "endpoint": "chat", "body": {}, "refused": "rate-limited"},
    "thrice": {"says": "3", "endpoint": "chat", "body": {}, "repeat": 3},
    "then": {
        "says": "t",
        "steps": [
            {"endpoint": "models", "save": {"first": "/data/0/id"}},
            {"endpoint": "models", "path": "/models/{first}"},
        ],
    },
    "elsewhere": {"says": "e", "endpoint": "responses", "body": {}},
    "telepathy": {"says": "t", "endpoint": "chat", "feature": "telepathy", "body": {}},
    "outage": {"says": "o", "endpoint": "chat", "cell": "down", "body": {}},
    "rare": {"says": "r", "endpoint": "chat", "profile": "full", "body": {}},
    "model-less": {"says": "m", "endpoint": "embeddings", "profile": "core", "body": {"model": "$model"}},
    "kept": {"says": "k", "connection": "same", "steps": [{"endpoint": "models"}, {"endpoint": "models"}]},
    "at-once": {"says": "o", "together": True, "steps": [{"endpoint": "models"}, {"endpoint": "models"}]},
}
CASES: dict[str, Case] = {case.name: case for case in read_cases("a", ENTRIES, "cases.yaml", ENTRIES)}
Answer = tuple[int, dict[str, str], Any] | None
MODELS = {"data": [{"id": "some-embed"}, {"id": "somebodys-7b"}]}


@dataclass
class Api:
    """An API with prepared responses in order, the last one repeated; None closes the connection."""

    answers: list[Answer]
    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(*answers: Answer, before: Callable[[], object] = lambda: None) -> Iterator[Api]:
    api = Api(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.asked.append(self.path)
            before()
            answer = api.answers.pop(0) if len(api.answers) > 1 else api.answers[0]
            if answer is None:
                self.close_connection = True
                return
            status, headers, value = answer
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def target(api: Api, **more: Any) -> Target:
    keys = {"good": Key("IIO_API_KEY", "iio-dev-1")}
    deadlines = Deadlines(connect=60, first_byte=60, idle=60, total=120)
    return replace(Target("t", IIO, api.url, keys, {"chat": "m"}, deadlines=deadlines), **more)


async def send(api: Api, *names: str, **more: Any) -> tuple[list[CaseResult], Sender]:
    to = target(api, **more)
    async with HttpClient(to.connections, to.deadlines) as wire:
        sender = Sender(to, wire)
        await sender.send_all(CASES[name] for name in names)
        return [sender.evidence[name] for name in names], sender


def statuses(sent: CaseResult) -> list[int | None]:
    assert isinstance(sent, tuple)
    return [exchange.status for exchange in sent]


OK: Answer = (200, {}, MODELS)
SLOW: Answer = (429, {"Retry-After": "0"}, {})


async def test_a_case_is_sent_once() -> None:
    with serving(OK) as api:
        to = target(api)
        async with HttpClient(1, to.deadlines) as wire:
            sender = Sender(to, wire)
            first, second = [await sender.send(CASES["plain"]) for _ in range(2)]
    assert first is second
    assert (len(api.asked), sender.request_count) == (1, 1)


async def test_a_repeated_case_has_one_exchange_for_each_repetition() -> None:
    with serving(OK) as api:
        (sent,), sender = await send(api, "thrice")
    assert statuses(sent) == [200, 200, 200]
    assert [exchange.step for exchange in sent if isinstance(exchange, Exchange)] == [0, 1, 2]
    assert sender.request_count == 3


async def test_a_repeated_case_stops_after_a_passed_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        deadlines = Deadlines(first_byte=0.1)
        target = Target("t", IIO, url, models={"chat": "m"}, keys={"good": Key("K", "k")}, deadlines=deadlines)
        async with HttpClient(1, deadlines) as wire:
            sent = await Sender(target, wire).send(CASES["thrice"])

    assert isinstance(sent, tuple)
    assert [exchange.broken.kind for exchange in sent if exchange.broken] == ["first-byte"]


async def test_a_later_step_uses_a_value_of_an_earlier_response() -> None:
    with serving(OK) as api:
        await send(api, "then")
    assert api.asked == ["/v1/models", "/v1/models/some-embed"]


async def test_a_later_step_uses_a_value_of_the_first_event_of_a_stream() -> None:
    body = b'data: {"data": [{"id": "first"}]}\n\ndata: {"data": [{"id": "second"}]}\n\n'
    with serving((200, {"Content-Type": "text/event-stream"}, body)) as api:
        await send(api, "then")
    assert api.asked == ["/v1/models", "/v1/models/first"]


@pytest.mark.parametrize(
    "answer",
    [pytest.param((200, {}, {"data": []}), id="an-empty-list"), pytest.param((200, {}, "x"), id="no-list")],
)
async def test_a_sequence_stops_if_a_response_lacks_a_value_to_save(answer: Answer) -> None:
    with serving(answer) as api:
        (sent,), _ = await send(api, "then")
    assert (len(statuses(sent)), len(api.asked)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        pytest.param("elsewhere", "not-offered", "describes no responses endpoint", id="no-endpoint"),
        pytest.param("telepathy", "not-offered", "does not offer telepathy", id="no-feature"),
        pytest.param("outage", "untestable", "needs cell-down", id="no-means"),
        pytest.param("rare", "untestable", "belongs to the profile full", id="another-profile"),
        pytest.param("model-less", "untestable", "no model is known for embeddings", id="no-model"),
    ],
)
async def test_a_case_that_cannot_be_sent_has_a_reason(name: str, outcome: str, reason: str) -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, name, profile="core")
    assert isinstance(sent, NotSent)
    assert (sent.outcome, api.asked) == (outcome, [])
    assert reason in sent.reason


# --- connections of a case


async def test_a_case_with_its_own_connection_does_not_share_it() -> None:
    with serving(OK) as api:
        (kept, plain), _ = await send(api, "kept", "plain")
    assert isinstance(kept, tuple)
    assert isinstance(plain, tuple)
    assert [exchange.connection for exchange in kept] == [1, 1]


async def test_concurrent_requests_are_in_flight_at_once() -> None:
    met = threading.Barrier(2, timeout=10)
    with serving(OK, before=met.wait) as api:
        (sent,), _ = await send(api, "at-once")
    assert statuses(sent) == [200, 200]
    assert isinstance(sent, tuple)
    assert [(exchange.step, exchange.connection) for exchange in sent] in ([(0, 1), (1, 2)], [(0, 2), (1, 1)])


async def test_cases_with_several_connections_do_not_deadlock() -> None:
    with serving(OK) as api:
        to = target(api, connections=2)
        async with HttpClient(2, to.deadlines) as wire:
            sender = Sender(to, wire)
            twins = [replace(CASES["at-once"], name=f"at-once-{n}") for n in range(4)]
            await sender.send_all([*twins, CASES["plain"]])
    assert len(api.asked) == 9


async def test_a_case_that_needs_more_connections_than_the_run_has_is_not_sent() -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, "at-once", connections=1)
    assert sent == NotSent("untestable", "needs 2 connections at once, and this run has 1")
    assert api.asked == []


async def test_concurrent_requests_are_sent_only_if_the_budget_covers_all() -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, "at-once", max_requests=1)
    assert sent == NotSent("untestable", "the budget of 1 requests is spent")
    assert api.asked == []


# --- retries


async def test_a_429_with_retry_after_is_retried_and_recorded() -> None:
    with serving(SLOW, SLOW, OK) as api:
        (sent,), sender = await send(api, "plain")
    assert statuses(sent) == [200]
    assert isinstance(sent, tuple)
    assert sent[0].retries == ("status 429, sent again after 0 s",) * 2
    assert [attempt.status for attempt in sent[0].attempts] == [429, 429]
    assert sender.request_count == len(api.asked) == 3


async def test_a_retry_date_in_the_past_means_now() -> None:
    with serving((503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, {}), OK) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([200], 2)


async def test_the_third_response_is_final() -> None:
    with serving(SLOW) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([429], 3)


async def test_a_connection_closed_without_a_response_is_retried() -> None:
    with serving(None, OK) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([200], 2)
    assert isinstance(sent, tuple)
    assert [attempt.broken.kind for attempt in sent[0].attempts if attempt.broken] == ["closed"]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        pytest.param((429, {}, {}), "plain", id="without-a-time"),
        pytest.param((429, {"Retry-After": "soon"}, {}), "plain", id="a-time-in-words"),
        pytest.param((429, {"Retry-After": "86400"}, {}), "plain", id="tomorrow"),
        pytest.param((429, {"Retry-After": "Fri, 31 Dec 2199 23:59:59 GMT"}, {}), "plain", id="a-date-far-away"),
        pytest.param((500, {"Retry-After": "0"}, {}), "plain", id="500"),
        pytest.param((400, {"Retry-After": "0"}, {}), "plain", id="400"),
        pytest.param(SLOW, "limited", id="a-case-that-wants-the-429"),
    ],
)
async def test_any_other_response_is_final(answer: Answer, name: str) -> None:
    with serving(answer) as api:
        await send(api, name)
    assert len(api.asked) == 1


# --- budget


async def test_cases_beyond_the_budget_are_untestable() -> None:
    with serving(OK) as api:
        sent, sender = await send(api, "plain", "chat-basic", "models-list", max_requests=2, connections=1)
    assert [isinstance(one, NotSent) for one in sent] == [False, False, True]
    assert sent[2] == NotSent("untestable", "the budget of 2 requests is spent")
    assert sender.request_count == len(api.asked) == 2


async def test_retries_stay_within_the_budget() -> None:
    with serving(SLOW) as api:
        (sent,), _ = await send(api, "plain", max_requests=2)
    assert (statuses(sent), len(api.asked)) == ([429], 2)


async def test_a_case_is_debited_before_it_waits_for_the_pace() -> None:
    with serving(OK) as api:
        to = target(api, max_requests=2, pace=1)
        async with HttpClient(4, to.deadlines) as wire:
            sender = Sender(to, wire)
            names = ("plain", "chat-basic", "models-list", "limited")
            first, waiting, *late = [asyncio.create_task(sender.send(CASES[name])) for name in names]
            assert statuses(await first) == [200]
            assert all(isinstance(sent, NotSent) for sent in await asyncio.gather(*late))
            waiting.cancel()


class Notes(NullRecorder):
    """A recorder that lists its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        self.calls.append(f"intent {case.name} {turn}.{step}.{attempt}")

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        self.calls.append(f"exchange {exchange.status}{' at last' if last else ''}")
        return replace(exchange, status=299)

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        self.calls.append(f"unsent {case.name}")


@pytest.mark.parametrize(
    ("answers", "name", "calls"),
    [
        pytest.param(
            [OK],
            "then",
            ["intent then 1.0.1", "exchange 200", "intent then 1.1.1", "exchange 200 at last"],
            id="each-request-before-it-leaves",
        ),
        pytest.param([(200, {}, "x")], "then", ["intent then 1.0.1", "exchange 200 at last"], id="cut-short"),
        pytest.param(
            [SLOW, OK],
            "plain",
            ["intent plain 1.0.1", "intent plain 1.0.2", "exchange 200 at last"],
            id="each-attempt",
        ),
        pytest.param([OK], "telepathy", ["unsent telepathy"], id="what-is-not-sent"),
    ],
)
async def test_the_recorder_receives_every_request(answers: list[Answer], name: str, calls: list[str]) -> None:
    notes = Notes()
    with serving(*answers) as api:
        async with HttpClient(1, target(api).deadlines) as wire:
            sent = await Sender(target(api), wire, notes).send(CASES[name])
    assert notes.calls == calls
    assert isinstance(sent, NotSent) or {exchange.status for exchange in sent} == {299}


async def test_a_case_that_is_sent_again_has_its_own_turn() -> None:
    notes = Notes()
    with serving(OK) as api:
        async with HttpClient(1, target(api).deadlines) as wire:
            sender = Sender(target(api), wire, notes)
            await sender.send(CASES["plain"])
            await sender.ask_again([CASES["plain"]])
    assert [line for line in notes.calls if line.startswith("intent")] == ["intent plain 1.0.1", "intent plain 2.0.1"]


@pytest.mark.parametrize(
    ("profile", "first", "asked"),
    [
        pytest.param("core", 10, 20, id="room-for-all"),
        pytest.param("core", 30, 40, id="room-for-ten"),
        pytest.param("core", 40, 40, id="no-room"),
        pytest.param("all", 40, 80, id="no-ceiling"),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
async def test_repeats_stay_below_the_ceiling_of_the_profile(profile: str, first: int, asked: int, alone: bool) -> None:
    every = [replace(CASES["plain"], name=f"plain-{at}", profile="core") for at in range(first)]
    with serving(OK) as api:
        to = target(api, profile=profile)
        async with HttpClient(to.connections, to.deadlines) as wire:
            sender = Sender(to, wire)
            await sender.send_all(every)
            again = await (sender.ask_again_alone(every, wire, lambda _: False) if alone else sender.ask_again(every))
    assert (len(api.asked), len(again)) == (asked, asked - first)
    # Cases without room keep their first answers, and the first cases are served first.
    assert list(again) == [case.name for case in every[: asked - first]]


async def test_a_retry_after_a_refusal_by_a_rate_limit_is_beyond_the_ceiling_of_the_profile() -> None:
    every = [replace(CASES["plain"], name=f"plain-{at}", profile="core") for at in range(40)]
    busy: Answer = (429, {"retry-after": "0"}, {})
    with serving(busy, OK) as api:
        sent, _ = await _send_cases(api, every)
    assert len(api.asked) == 41
    assert {status for one in sent for status in statuses(one)} == {200}


async def _send_cases(api: Api, cases: list[Case]) -> tuple[list[CaseResult], Sender]:
    to = target(api, profile="core", connections=1)
    async with HttpClient(to.connections, to.deadlines) as wire:
        sender = Sender(to, wire)
        await sender.send_all(cases)
        return list(sender.evidence.values()), sender


# --- evidence of a target


async def collect(api: Api, *names: str, check: str = "tools.it", raised: Exception | None = None) -> TargetEvidence:
    """The evidence of these cases; the check raises `raised` on `plain`, or on `models-list` if it is a smoke check."""
    case = "models-list" if check.startswith("smoke.") else "plain"
    clause = Clause.from_data(
        {
            "id": "C-1",
            "place": "p",
            "says": "s",
            "authority": "document",
            "basis": "stated",
            "judged": [{"check": check, "case": case, "level": "must"}],
        }
    )

    def judge(exchange: Exchange) -> None:
        if raised is not None:
            raise raised

    asked = target(api, models={})
    checks = {check: Check(check, judge, "It holds.", False, ("exchange",))}
    column = Column(IIO.name, IIO, IIO.schemas, (clause,))
    judges = ColumnJudges(asked, (column,), CASES, checks, plan_verdicts(asked, column, CASES))
    return await send_to_target(judges, [CASES[name] for name in names])


async def test_smoke_cases_are_sent_first_and_the_list_gives_the_model() -> None:
    with serving(OK) as api:
        found = await collect(api, "plain")
    assert api.asked[0] == "/v1/models"
    assert set(found.evidence) == {"models-list", "chat-basic", "plain"}
    assert (found.target.models["chat"], found.target.models["embeddings"]) == ("somebodys-7b", "some-embed")
    assert found.smoke is None


async def test_an_inconclusive_case_is_sent_three_times_at_most() -> None:
    with serving(OK, OK, (200, {}, 1), (200, {}, 2), (200, {}, 3), (200, {}, 4)) as api:
        found = await collect(api, "plain", raised=Undecided("the model chose otherwise"))

    answers = [found.evidence["plain"], *(later["plain"] for later in found.again)]
    assert [exchanges[0].json for exchanges in answers if isinstance(exchanges, tuple)] == [1, 2, 3]
    assert found.requests == 5


async def test_a_failed_smoke_case_ends_the_sending() -> None:
    with serving(OK) as api:
        found = await collect(api, "plain", check="smoke.it", raised=Violation("a list", "none"))
    assert found.smoke is not None
    assert (found.smoke.reason, len(api.asked)) == (f"t at {api.url}: expected a list, actual none", 2)
    assert "plain" not in found.evidence


@pytest.mark.parametrize(
    ("listed", "picked"),
    [
        pytest.param(["a", "qwen2.5:7b", "nomic-embed-text"], ("qwen2.5:7b", "nomic-embed-text"), id="documented"),
        pytest.param(["whisper-1", "dall-e-3", "llama3"], ("llama3", None), id="the-first-that-chats"),
        pytest.param(["bge-m3", "my-embedder"], (None, "my-embedder"), id="only-embeddings"),
        pytest.param([], (None, None), id="none"),
    ],
)
async def test_a_model_for_each_role_is_picked(listed: list[str], picked: tuple[str | None, str | None]) -> None:
    body = json.dumps({"data": [{"id": name} for name in listed]}).encode()
    answer = Exchange("t", "c", "models", 0, Request("GET", "/"), status=200, reads=(BodyRead(0, body),))
    found = pick_models(Target("t", IIO, ""), answer)
    assert (found.get("chat"), found.get("embeddings")) == picked


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": {"a": 1}}', b'{"data": [1, {"id": 2}, null]}'])
async def test_an_invalid_model_list_gives_no_model(body: bytes) -> None:
    answer = Exchange("t", "c", "models", 0, Request("GET", "/"), status=200, reads=(BodyRead(0, body),))
    assert pick_models(Target("t", IIO, ""), answer) == {}
