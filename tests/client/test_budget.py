"""Budget: no response makes a run exceed a ceiling; retries, repeats and steps are debited too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.client.budget import Budget, find_cost_ceiling
from wireproof.client.partial_response import PartialResponse
from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.sender import Sender
from wireproof.contract import loading
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.provider import Price
from wireproof.contract.target import Key, Target
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import BodyRead, TransportFailure

PROVIDERS = loading.load_providers()
IIO = PROVIDERS["iio"]
PRICE = Price(1.0, 4.0)
# Behaviours of a target: serve, be busy, fail, close the connection without a response, return a body that is not JSON.
ANSWERS = ("served", "busy", "down", "gone", "noise")


def target(**more: Any) -> Target:
    given = Target("t", IIO, "http://localhost/v1", {"good": Key("K", "k")}, {"chat": "m"})
    return replace(given, **{"price": PRICE, "profile": "all", **more})


def case(name: str, *, cap: int | None, n: int, repeat: int, steps: int) -> Case:
    body = {"model": "$model", "n": n, "messages": [{"role": "user", "content": "Hi"}]}
    ask = RequestSpec("chat", "chat", body=body, cap=cap)
    following = replace(ask, body={**body, "user": "$it"})
    return Case(name, "a", "it", (replace(ask, save={"it": "/id"}), *[following] * (steps - 1)), repeat=repeat)


@dataclass
class Moody:
    """A target that behaves by a repeating schedule; records the requests."""

    schedule: Sequence[str]
    asked: list[OutgoingRequest]

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        mood = self.schedule[len(self.asked) % len(self.schedule)]
        self.asked.append(outgoing)
        await asyncio.sleep(0)
        answer = PartialResponse(sent_at=0.0, started_ns=0, headers_ns=0, ended_ns=0, http_version="HTTP/1.1")
        if mood == "gone":
            answer.broken = TransportFailure("closed", "it hung up")
            return answer
        answer.status = {"busy": 429, "down": 503}.get(mood, 200)
        answer.headers = ((b"retry-after", b"0"),) if answer.status > 200 else ()
        answer.reads = [BodyRead(0, b"noise" if mood == "noise" else json.dumps({"id": "x"}).encode())]
        return answer


cases = st.builds(
    case,
    st.integers(0, 10**6).map(str),
    cap=st.one_of(st.none(), st.integers(1, 50)),
    n=st.integers(1, 3),
    repeat=st.integers(1, 3),
    steps=st.integers(1, 3),
)
ceilings = st.fixed_dictionaries(
    {
        "max_requests": st.one_of(st.none(), st.integers(0, 12)),
        "max_output_tokens": st.one_of(st.none(), st.integers(0, 300)),
        "max_cost": st.one_of(st.none(), st.floats(0, 0.002)),
    }
)


@given(
    st.lists(cases, min_size=1, max_size=6, unique_by=lambda one: one.name),
    st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=8),
    ceilings,
    st.integers(1, 4),
)
def test_no_schedule_of_responses_exceeds_a_ceiling(
    sent: list[Case], schedule: list[str], limits: dict[str, Any], connections: int
) -> None:
    aimed, moody = target(connections=connections, **limits), Moody(schedule, [])
    courier = Sender(aimed, moody)

    async def run() -> None:
        await courier.send_all(sent)
        await courier.ask_again(sent)

    asyncio.run(run())

    costs = [find_cost_ceiling(one, aimed) for one in moody.asked]
    assert courier.request_count == len(moody.asked)
    if aimed.max_requests is not None:
        assert len(moody.asked) <= aimed.max_requests
    if aimed.max_output_tokens is not None:
        assert None not in [one.output for one in costs]
        assert sum(one.output or 0 for one in costs) <= aimed.max_output_tokens
    if aimed.max_cost is not None:
        assert None not in [one.cost for one in costs]
        assert sum(one.cost or 0.0 for one in costs) <= aimed.max_cost + 1e-12


def one(body: dict[str, Any], endpoint: str = "chat", *, provider: str = "openai") -> OutgoingRequest:
    aimed = replace(target(), provider=PROVIDERS[provider])
    return build_request(RequestSpec(endpoint, "chat", body=body), aimed, "it", {})


@pytest.mark.parametrize(
    ("body", "endpoint", "most"),
    [
        pytest.param({"max_tokens": 5}, "chat", 5, id="one-answer"),
        pytest.param({"max_tokens": 5, "n": 3}, "chat", 15, id="three-choices"),
        pytest.param({"max_tokens": 5, "max_completion_tokens": 9}, "chat", 9, id="two-caps"),
        pytest.param({"max_tokens": 4, "best_of": 2, "prompt": ["a", "b"]}, "completions", 16, id="best-of-two-twice"),
        pytest.param({"max_output_tokens": 7}, "responses", 7, id="a-response"),
        pytest.param({"input": "a"}, "embeddings", 0, id="embeddings"),
        pytest.param({}, "chat", None, id="nothing-caps-it"),
        pytest.param({"max_tokens": "many"}, "chat", None, id="a-cap-that-is-none"),
        pytest.param({"max_tokens": -1}, "chat", None, id="a-cap-below-zero"),
    ],
)
def test_the_output_ceiling_follows_from_the_caps_of_the_request(
    body: dict[str, Any], endpoint: str, most: int | None
) -> None:
    assert find_cost_ceiling(one(body, endpoint), target()).output == most


@pytest.mark.parametrize(
    ("limits", "body", "reason"),
    [
        pytest.param({"max_requests": 0}, {"max_tokens": 5}, "the budget of 0 requests is spent", id="requests"),
        pytest.param({"max_output_tokens": 4}, {"max_tokens": 5}, "of 4 output tokens is spent", id="tokens"),
        pytest.param({"max_output_tokens": 4}, {}, "nothing caps its answer", id="uncapped"),
        pytest.param({"max_cost": 1e-6}, {"max_tokens": 5}, "the budget of $1e-06 is spent", id="cost"),
        pytest.param({"max_cost": 1.0, "price": None}, {"max_tokens": 5, "model": "?"}, "--price", id="no-price"),
    ],
)
def test_a_request_outside_the_budget_gets_a_reason(limits: dict[str, Any], body: dict[str, Any], reason: str) -> None:
    budget = Budget(target(**limits))
    assert reason in str(budget.debit(one(body)))
    assert (budget.requests, budget.output, budget.cost) == (0, 0, 0.0)


def test_blanks_after_the_json_cost_no_tokens() -> None:
    ask = RequestSpec("chat", "chat", body={"model": "$model"}, cap=1, pad=10_000)
    outgoing = build_request(ask, target(), "it", {})
    assert find_cost_ceiling(outgoing, target()).input == len(outgoing.shown.body) < 100


def test_a_given_price_replaces_that_of_the_catalogue() -> None:
    outgoing = one({"model": "gpt-4.1", "max_tokens": 1_000_000})
    listed = replace(target(price=None), provider=PROVIDERS["openai"])
    assert find_cost_ceiling(outgoing, listed).cost == pytest.approx(8.0, abs=0.01)
    assert find_cost_ceiling(outgoing, target(price=Price(0, 1))).cost == pytest.approx(1.0)


@pytest.mark.asyncio
async def test_a_case_over_the_budget_is_untestable_with_that_reason() -> None:
    courier = Sender(target(max_output_tokens=4), Moody(("served",), []))
    sent = await courier.send(case("it", cap=5, n=1, repeat=1, steps=1))
    assert sent == NotSent("untestable", "the budget of 4 output tokens is spent")
