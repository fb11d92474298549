"""The place of reasoning in an answer, and its tokens."""

from __future__ import annotations

import json

import pytest

REASONING_PROVIDERS = ["aion", "io-intelligence"]
PROMPT = "Count from 1 to 30"


@pytest.fixture(name="think")
def _think(chat, providers):
    """Sends one request to a reasoning model."""

    def ask(provider, role="reasoning", **members):
        return chat(PROMPT, provider, model=providers[provider]["models"][role], **members)

    return ask


def chunks(response):
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def joined(streamed, member):
    return "".join(one["delta"].get(member) or "" for chunk in streamed for one in chunk["choices"])


def message(response):
    return response.json()["choices"][0]["message"]


def size(response):
    return response.json()["usage"]["completion_tokens"]


@pytest.mark.parametrize("asked", [None, True], ids=["left-out", "asked-for"])
@pytest.mark.parametrize("provider", REASONING_PROVIDERS)
def test_a_thought_has_a_member_of_its_own(think, providers, provider, asked):
    row = providers[provider]["reasoning"]
    reply = message(think(provider, **({} if asked is None else {row["request"]: asked})))
    assert reply[row["member"]]
    assert reply["content"].startswith("1, 2, 3")


def test_a_thought_that_is_not_split_is_inline(think):
    reply = message(think("aion", reasoning_split=False))
    thought, _, answer = reply["content"].partition("</think>\n")
    assert "reasoning" not in reply
    assert thought.startswith("<think>")
    assert answer.startswith("1, 2, 3")


def test_an_absent_thought_still_counts_as_usage(think):
    hidden, shown = think("io-intelligence", reasoning_content=False), think("io-intelligence")
    assert set(message(hidden)) == {"role", "content"}
    assert size(hidden) == size(shown)


@pytest.mark.parametrize("provider", REASONING_PROVIDERS)
def test_a_model_that_does_not_reason_shows_no_thought(think, providers, provider):
    row = providers[provider]["reasoning"]
    plain, asked = think(provider, "chat"), think(provider, "chat", **{row["request"]: True})
    assert message(plain) == message(asked)
    assert set(message(plain)) == {"role", "content"}


@pytest.mark.parametrize("asked", [True, False], ids=["split", "otherwise"])
@pytest.mark.parametrize("provider", REASONING_PROVIDERS)
def test_a_stream_sends_the_thought_before_the_text(think, providers, provider, asked):
    row = providers[provider]["reasoning"]
    plain = message(think(provider, **{row["request"]: asked}))
    streamed = chunks(think(provider, stream=True, **{row["request"]: asked}))
    assert joined(streamed, row["member"]) == plain.get(row["member"], "")
    assert joined(streamed, "content") == plain["content"]
    kinds = [kind for chunk in streamed for kind, value in chunk["choices"][0]["delta"].items() if value]
    spoken = [kind for kind in kinds if kind in (row["member"], "content")]
    assert spoken == sorted(spoken, key=lambda kind: kind == "content")


@pytest.mark.parametrize("shown", [True, False], ids=["split", "inline"])
def test_a_thought_uses_the_cap_first(think, shown):
    answer = think("aion", reasoning_split=shown, max_tokens=4)
    assert answer.json()["choices"][0]["finish_reason"] == "length"
    assert size(answer) == 4
    reply = message(answer)
    assert reply["content"] == "" if shown else reply["content"].startswith("<think>")


def test_the_answer_gets_the_rest_of_the_cap(think):
    whole = think("aion", max_tokens=500)
    assert whole.json()["choices"][0]["finish_reason"] == "stop"
    cut = think("aion", max_tokens=size(whole) - 1)
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert message(cut)["reasoning"] == message(whole)["reasoning"]
    assert message(whole)["content"].startswith(message(cut)["content"])


@pytest.mark.parametrize("shown", [True, False], ids=["split", "inline"])
def test_a_stop_sequence_applies_to_the_answer_only(think, shown):
    thought = message(think("aion"))["reasoning"]
    reply = message(think("aion", reasoning_split=shown, stop=[thought[:3], "4"]))
    assert reply["content"].endswith("1, 2, 3, ")
