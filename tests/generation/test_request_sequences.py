"""State machines on the bundled server: a broken limit or conversation is reported with the smallest sequence."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from wireproof.evidence.case_result import Evidence
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.judging.check import Inconclusive, Violation
from wireproof.session.target_run import TargetRun

pytestmark = pytest.mark.slow

LIMIT = "generated.limiter", "generated:models:stateful:limit"
CONVERSATION = "generated.conversation", "generated:chat:stateful:conversation"
TOOLS = "generated.conversation", "generated:chat:stateful:tools"
RunSequences = Callable[..., SequenceRunner]
Heard = Callable[[str], tuple[TargetRun, Evidence]]


def moments(runner: SequenceRunner) -> list[float]:
    """The times of the requests of the failing sequence, in seconds from its start."""
    return [float(one.request.header("X-Wireproof-Clock") or 0) for one in runner.sequence.failing]


def bodies(runner: SequenceRunner) -> list[Any]:
    return [json.loads(one.request.body) for one in runner.sequence.failing]


@pytest.mark.parametrize("provider", ["openai", "iio", "aiorouter"])
def test_a_correct_limit_passes(provider: str, run_sequences: RunSequences) -> None:
    runner = run_sequences(*LIMIT, None, provider, 25)
    assert runner.verdict().outcome == "pass"
    assert {one.status for one in runner.sequence.exchanges} <= {200, 429}


@pytest.mark.parametrize("way", ["minute-by-the-clock", "minute-slides", "minute-refills"])
def test_a_minute_may_be_counted_in_any_way(way: str, run_sequences: RunSequences) -> None:
    assert run_sequences(*LIMIT, way, "openai", 50).verdict().outcome == "pass"


# The smallest tier of the contract has three requests a minute.
@pytest.mark.parametrize(
    ("fault", "statuses", "seconds", "told"),
    [
        pytest.param("limit-one-less", [200, 200, 429], [0, 0, 0], "an answer, as 1 were left", id="one-less"),
        pytest.param("limit-one-more", [200] * 4, [0] * 4, "a refusal, as none was left", id="one-more"),
        pytest.param("limit-never", [200] * 4, [0] * 4, "a refusal, as none was left", id="never"),
        pytest.param("remaining-one-ahead", [200] * 3 + [429], [0] * 4, "an answer, as 1 were left", id="one-ahead"),
        pytest.param("remaining-constant", [200] * 3 + [429], [0] * 4, "an answer, as 3 were left", id="constant"),
        pytest.param("remaining-at-429", [200] * 3 + [429], [0] * 4, "at most 0 left", id="left-at-429"),
        pytest.param("retry-after-zero", [200] * 3 + [429, 429], [0] * 5, "0 s were requested", id="no-wait"),
        pytest.param("retry-after-one", [200] * 3 + [429, 429], [0] * 4 + [1], "1 s were requested", id="one-second"),
        pytest.param("limit-for-ever", [200] * 3 + [429, 429], [0] * 4 + [60], "60 s were requested", id="for-ever"),
    ],
)
def test_a_broken_limit_is_reported_with_the_shortest_sequence(
    fault: str, statuses: list[int], seconds: list[float], told: str, run_sequences: RunSequences
) -> None:
    runner = run_sequences(*LIMIT, fault, "openai")
    assert [one.status for one in runner.sequence.failing] == statuses
    assert moments(runner) == seconds
    verdict = runner.verdict()
    assert verdict.outcome == "fail"
    assert told in verdict.message


def test_the_remaining_count_may_not_rise_within_a_window(run_sequences: RunSequences) -> None:
    runner = run_sequences(*LIMIT, "window-of-half-a-minute", "openai")
    assert runner.verdict().outcome == "fail"
    assert "x-ratelimit-remaining-requests" in runner.verdict().message
    # Half a minute is over, a whole one is not.
    assert 30 <= moments(runner)[-1] < 60


@pytest.mark.parametrize("provider", ["openai", "aion", "aiorouter"])
def test_conversations_with_tools_pass(provider: str, run_sequences: RunSequences) -> None:
    runner = run_sequences(*TOOLS, None, provider, 25)
    assert runner.verdict().outcome == "pass"


@pytest.mark.parametrize("provider", ["iio", "iotex"])
def test_conversations_pass(provider: str, run_sequences: RunSequences) -> None:
    assert run_sequences(*CONVERSATION, None, provider, 25).verdict().outcome == "pass"


def test_a_refused_assistant_message_is_reported_with_two_turns(run_sequences: RunSequences) -> None:
    runner = run_sequences(*CONVERSATION, "assistant-role-refused", "iio")
    first, second = bodies(runner)
    assert first["messages"] == [{"role": "user", "content": "0"}]
    assert [one["role"] for one in second["messages"]] == ["user", "assistant", "user"]
    assert runner.verdict().outcome == "fail"


@pytest.mark.parametrize("fault", ["own-answer-refused", "tool-role-refused"])
def test_a_refused_tool_result_is_reported_with_one_round_trip(fault: str, run_sequences: RunSequences) -> None:
    runner = run_sequences(*TOOLS, fault, "aion")
    first, second = bodies(runner)
    assert first["messages"][0]["content"] == "What is the weather in Paris? Use the tool."
    user, assistant, tool = second["messages"]
    assert (user["role"], assistant["role"], tool["role"]) == ("user", "assistant", "tool")
    assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"]
    assert tool["content"] == "0"


def test_repeated_call_ids_are_reported_with_two_round_trips(run_sequences: RunSequences) -> None:
    runner = run_sequences(*TOOLS, "call-ids-anew", "aion")
    assert "an id that no call had before, actual call_0" in runner.verdict().message
    assert [len(body["messages"]) for body in bodies(runner)] == [1, 3, 5]


@pytest.mark.parametrize("value", [b"", b"x", b"-1", b"1.5", b"9" * 400, b"Thu, 99 Foo 2026", b"0"])
@pytest.mark.parametrize("name", ["limit", "remaining", "reset", "retry-after"])
def test_no_header_value_breaks_the_check_of_a_limit(name: str, value: bytes, heard: Heard) -> None:
    target_run, evidence = heard("iio")
    provider, sent = target_run.target.provider, evidence["limits-free-window"]
    assert isinstance(sent, tuple)
    named = getattr(provider.rate, name, name).lower().encode()
    odd = tuple(
        replace(one, headers=tuple((key, value if key.lower() == named else given) for key, given in one.headers))
        for one in sent
    )
    assert any(odd[n].headers != sent[n].headers for n in range(len(sent)))
    for exchanges in (odd, odd[:1], (*odd[:3], *sent[3:]), (*sent[:-2], *odd[-2:])):
        with suppress(Violation, Inconclusive):
            target_run.checks["generated.limiter"]({"exchanges": exchanges, "provider": provider})
