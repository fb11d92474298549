"""The courier and the gathering over real sockets: each case once, within the budget, and nothing retried to green."""

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

from wireproof import config
from wireproof.case import Case
from wireproof.casebook import read_cases
from wireproof.check import Exchange, Read, Request
from wireproof.courier import Courier
from wireproof.evidence import NoRecord, Sent, Unsent
from wireproof.gather import Gathered, gather, pick
from wireproof.target import Deadlines, Key, Target
from wireproof.wire import Wire

pytestmark = pytest.mark.asyncio
IIO = config.load_providers()["iio"]
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
    """An API that gives prepared answers in order, the last one ever after; None hangs up without a word."""

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
            body = json.dumps(value).encode()
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


async def send(api: Api, *names: str, **more: Any) -> tuple[list[Sent], Courier]:
    to = target(api, **more)
    async with Wire(to.connections, to.deadlines) as wire:
        courier = Courier(to, wire)
        await courier.send_all(CASES[name] for name in names)
        return [courier.evidence[name] for name in names], courier


def statuses(sent: Sent) -> list[int | None]:
    assert isinstance(sent, tuple)
    return [exchange.status for exchange in sent]


OK: Answer = (200, {}, MODELS)
SLOW: Answer = (429, {"Retry-After": "0"}, {})


async def test_a_case_is_sent_once_however_often_it_is_asked_for() -> None:
    with serving(OK) as api:
        to = target(api)
        async with Wire(1, to.deadlines) as wire:
            courier = Courier(to, wire)
            first, second = [await courier.send(CASES["plain"]) for _ in range(2)]
    assert first is second
    assert (len(api.asked), courier.requests) == (1, 1)


async def test_a_repeated_case_gives_an_exchange_each_time() -> None:
    with serving(OK) as api:
        (sent,), courier = await send(api, "thrice")
    assert statuses(sent) == [200, 200, 200]
    assert [exchange.step for exchange in sent if isinstance(exchange, Exchange)] == [0, 1, 2]
    assert courier.requests == 3


async def test_a_target_that_hangs_is_not_asked_again_and_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        deadlines = Deadlines(first_byte=0.1)
        target = Target("t", IIO, url, models={"chat": "m"}, keys={"good": Key("K", "k")}, deadlines=deadlines)
        async with Wire(1, deadlines) as wire:
            sent = await Courier(target, wire).send(CASES["thrice"])

    assert isinstance(sent, tuple)
    assert [exchange.broken.kind for exchange in sent if exchange.broken] == ["first-byte"]


async def test_a_later_step_takes_what_an_earlier_answer_holds() -> None:
    with serving(OK) as api:
        await send(api, "then")
    assert api.asked == ["/v1/models", "/v1/models/some-embed"]


@pytest.mark.parametrize(
    "answer",
    [pytest.param((200, {}, {"data": []}), id="an-empty-list"), pytest.param((200, {}, "x"), id="no-list")],
)
async def test_a_sequence_stops_where_an_answer_lacks_what_the_next_step_needs(answer: Answer) -> None:
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
async def test_what_is_not_worth_sending_is_not_sent(name: str, outcome: str, reason: str) -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, name, profile="core")
    assert isinstance(sent, Unsent)
    assert (sent.outcome, api.asked) == (outcome, [])
    assert reason in sent.reason


# --- connections of a case


async def test_a_case_keeps_a_connection_that_no_other_case_uses() -> None:
    with serving(OK) as api:
        (kept, plain), _ = await send(api, "kept", "plain")
    assert isinstance(kept, tuple)
    assert isinstance(plain, tuple)
    assert [exchange.connection for exchange in kept] == [1, 1]


async def test_requests_that_belong_together_are_under_way_at_once() -> None:
    met = threading.Barrier(2, timeout=10)
    with serving(OK, before=met.wait) as api:
        (sent,), _ = await send(api, "at-once")
    assert statuses(sent) == [200, 200]
    assert isinstance(sent, tuple)
    assert [(exchange.step, exchange.connection) for exchange in sent] in ([(0, 1), (1, 2)], [(0, 2), (1, 1)])


async def test_many_cases_that_need_several_connections_never_wait_for_one_another() -> None:
    with serving(OK) as api:
        to = target(api, connections=2)
        async with Wire(2, to.deadlines) as wire:
            courier = Courier(to, wire)
            twins = [replace(CASES["at-once"], name=f"at-once-{n}") for n in range(4)]
            await courier.send_all([*twins, CASES["plain"]])
    assert len(api.asked) == 9


async def test_a_case_that_needs_more_connections_than_the_run_has_is_not_sent() -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, "at-once", connections=1)
    assert sent == Unsent("untestable", "needs 2 connections at once, and this run has 1")
    assert api.asked == []


async def test_requests_that_belong_together_are_sent_only_where_the_budget_holds_them_all() -> None:
    with serving(OK) as api:
        (sent,), _ = await send(api, "at-once", max_requests=1)
    assert sent == Unsent("untestable", "the budget of 1 requests is spent")
    assert api.asked == []


# --- asking again


async def test_a_429_that_says_when_to_come_back_is_asked_again_and_the_exchange_says_so() -> None:
    with serving(SLOW, SLOW, OK) as api:
        (sent,), courier = await send(api, "plain")
    assert statuses(sent) == [200]
    assert isinstance(sent, tuple)
    assert sent[0].retries == ("status 429, asked again after 0 s",) * 2
    assert courier.requests == len(api.asked) == 3


async def test_a_date_to_come_back_at_is_read_and_one_that_is_over_is_now() -> None:
    with serving((503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, {}), OK) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([200], 2)


async def test_after_three_times_the_answer_stands() -> None:
    with serving(SLOW) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([429], 3)


async def test_a_peer_that_hangs_up_without_a_word_is_asked_again() -> None:
    with serving(None, OK) as api:
        (sent,), _ = await send(api, "plain")
    assert (statuses(sent), len(api.asked)) == ([200], 2)


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
async def test_any_other_answer_stands(answer: Answer, name: str) -> None:
    with serving(answer) as api:
        await send(api, name)
    assert len(api.asked) == 1


# --- budget


async def test_the_budget_is_kept_and_the_rest_is_untestable() -> None:
    with serving(OK) as api:
        sent, courier = await send(api, "plain", "chat-basic", "models-list", max_requests=2, connections=1)
    assert [isinstance(one, Unsent) for one in sent] == [False, False, True]
    assert sent[2] == Unsent("untestable", "the budget of 2 requests is spent")
    assert courier.requests == len(api.asked) == 2


async def test_asking_again_stays_within_the_budget() -> None:
    with serving(SLOW) as api:
        (sent,), _ = await send(api, "plain", max_requests=2)
    assert (statuses(sent), len(api.asked)) == ([429], 2)


async def test_a_case_that_waits_for_the_pace_has_its_place_in_the_budget() -> None:
    with serving(OK) as api:
        to = target(api, max_requests=2, pace=1)
        async with Wire(4, to.deadlines) as wire:
            courier = Courier(to, wire)
            names = ("plain", "chat-basic", "models-list", "limited")
            first, waiting, *late = [asyncio.create_task(courier.send(CASES[name])) for name in names]
            assert statuses(await first) == [200]
            assert all(isinstance(sent, Unsent) for sent in await asyncio.gather(*late))
            waiting.cancel()


class Notes(NoRecord):
    """A record that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def asking(self, case: Case, turn: int, step: int, attempt: int) -> None:
        self.told.append(f"asking {case.name} {turn}.{step}.{attempt}")

    async def answered(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        self.told.append(f"answered {exchange.status}{' at last' if last else ''}")
        return replace(exchange, status=299)

    async def unsent(self, case: Case, turn: int, reason: Unsent) -> None:
        self.told.append(f"unsent {case.name}")


@pytest.mark.parametrize(
    ("answers", "name", "told"),
    [
        pytest.param(
            [OK],
            "then",
            ["asking then 1.0.1", "answered 200", "asking then 1.1.1", "answered 200 at last"],
            id="each-request-before-it-leaves",
        ),
        pytest.param([(200, {}, "x")], "then", ["asking then 1.0.1", "answered 200 at last"], id="cut-short"),
        pytest.param(
            [SLOW, OK],
            "plain",
            ["asking plain 1.0.1", "asking plain 1.0.2", "answered 200 at last"],
            id="each-attempt",
        ),
        pytest.param([OK], "telepathy", ["unsent telepathy"], id="what-is-not-sent"),
    ],
)
async def test_the_record_is_told_of_every_request(answers: list[Answer], name: str, told: list[str]) -> None:
    notes = Notes()
    with serving(*answers) as api:
        async with Wire(1, target(api).deadlines) as wire:
            sent = await Courier(target(api), wire, notes).send(CASES[name])
    assert notes.told == told
    assert isinstance(sent, Unsent) or {exchange.status for exchange in sent} == {299}


async def test_a_case_that_is_asked_again_is_told_under_a_turn_of_its_own() -> None:
    notes = Notes()
    with serving(OK) as api:
        async with Wire(1, target(api).deadlines) as wire:
            courier = Courier(target(api), wire, notes)
            await courier.send(CASES["plain"])
            await courier.ask_again([CASES["plain"]])
    assert [line for line in notes.told if line.startswith("asking")] == ["asking plain 1.0.1", "asking plain 2.0.1"]


# --- gathering


async def collect(api: Api, *names: str, smoke: Callable[..., str | None] = lambda target, sent: None) -> Gathered:
    return await gather(target(api, models={}), [CASES[name] for name in names], CASES, smoke, lambda evidence: ())


async def test_the_smoke_cases_go_first_and_the_model_is_picked_from_the_list() -> None:
    with serving(OK) as api:
        found = await collect(api, "plain")
    assert api.asked[0] == "/v1/models"
    assert set(found.evidence) == {"models-list", "chat-basic", "plain"}
    assert (found.target.models["chat"], found.target.models["embeddings"]) == ("somebodys-7b", "some-embed")
    assert found.smoke is None


async def test_what_decides_nothing_is_asked_three_times_at_most_and_each_answer_is_kept() -> None:
    with serving(OK, OK, (200, {}, 1), (200, {}, 2), (200, {}, 3), (200, {}, 4)) as api:
        names = [CASES["plain"]]
        found = await gather(
            target(api, models={}), names, CASES, lambda target, sent: None, lambda evidence: ["plain"]
        )

    answers = [found.evidence["plain"], *(later["plain"] for later in found.again)]
    assert [exchanges[0].json for exchanges in answers if isinstance(exchanges, tuple)] == [1, 2, 3]
    assert found.requests == 5


async def test_after_a_failed_smoke_nothing_more_is_sent() -> None:
    with serving(OK) as api:
        found = await collect(api, "plain", smoke=lambda target, sent: "it is not there")
    assert (found.smoke, len(api.asked)) == ("it is not there", 2)
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
    answer = Exchange("t", "c", "models", 0, Request("GET", "/"), status=200, reads=(Read(0, body),))
    found = pick(Target("t", IIO, ""), answer)
    assert (found.get("chat"), found.get("embeddings")) == picked


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": {"a": 1}}', b'{"data": [1, {"id": 2}, null]}'])
async def test_a_list_that_is_none_picks_nothing(body: bytes) -> None:
    answer = Exchange("t", "c", "models", 0, Request("GET", "/"), status=200, reads=(Read(0, body),))
    assert pick(Target("t", IIO, ""), answer) == {}
