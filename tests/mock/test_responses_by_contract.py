"""The Responses API as each contract describes it: what holds the input, and what an answer shows."""

from __future__ import annotations

import json

import pytest

SHOWN = {"id", "object", "created_at", "status", "model", "output", "usage"}
PARTS = [{"type": "input_text", "text": "Count from 1 to 9"}]
HELLO = [{"role": "user", "content": "Count from 1 to 9"}]


@pytest.fixture(name="respond")
def _respond(client, providers):
    """One request of the Responses API."""

    def ask(provider="aion", role="chat", **members):
        body = {"model": providers[provider]["models"][role], **members}
        return client(provider).post("/responses", json=body)

    return ask


def events(response):
    return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]


def parts(response):
    return response.json()["output"][0]["content"]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"input": "Count from 1 to 9"}, id="a-text"),
        pytest.param({"input": HELLO}, id="items"),
        pytest.param({"messages": HELLO}, id="messages"),
        pytest.param({"input": [{"role": "user", "content": PARTS}]}, id="parts"),
    ],
)
def test_every_form_of_the_input_says_the_same(respond, members):
    assert parts(respond(**members)) == [{"type": "output_text", "text": "1, 2, 3, 4, 5, 6, 7, 8, 9"}]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        pytest.param({}, "input", id="neither"),
        pytest.param({"input": "a", "messages": HELLO}, "messages", id="both"),
        pytest.param({"input": ""}, "input", id="empty"),
        pytest.param({"input": [{"role": "judge", "content": "a"}]}, "input[0].role", id="unknown-role"),
        pytest.param({"input": [{"role": "user", "content": [{"type": "sound"}]}]}, "[0].type", id="unknown-part"),
    ],
)
def test_an_input_that_is_none_is_refused(respond, members, param):
    refused = respond(**members)
    assert refused.status_code == 400
    assert param in refused.json()["error"]["message"]


def test_messages_mean_nothing_where_the_contract_has_only_input(respond):
    refused = respond("openai", messages=HELLO)
    assert refused.json()["error"]["code"] == "unknown_parameter"


@pytest.mark.parametrize("missing", ["model", "input"])
def test_what_the_description_leaves_optional_is_needed_all_the_same(client, missing):
    body = {"model": "gpt-4.1-mini", "input": "Hello"}
    del body[missing]
    refused = client("openai").post("/responses", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, missing)


def test_an_answer_shows_what_its_document_shows(respond):
    own, settings = respond(input="Hello").json(), respond("openai", input="Hello").json()
    assert set(own) == SHOWN
    assert set(own["usage"]) == {"input_tokens", "output_tokens", "total_tokens", "input_tokens_details"}
    assert SHOWN | {"tools", "temperature", "error"} < set(settings)
    assert settings["usage"]["output_tokens_details"] == {"reasoning_tokens": 0}


def test_a_thought_comes_first_in_the_content(respond):
    thought, said = parts(respond(role="reasoning", messages=HELLO))
    assert (thought["type"], said["type"]) == ("reasoning", "output_text")
    assert thought["text"]
    assert said["text"].startswith("1, 2")


def test_a_thought_that_is_not_split_off_stands_in_the_text(respond):
    (said,) = parts(respond(role="reasoning", messages=HELLO, reasoning_split=False))
    assert said["text"].startswith("<think>")


@pytest.mark.parametrize("split", [True, False], ids=["split", "inline"])
def test_a_stream_ends_with_the_plain_answer_part_by_part(respond, split):
    asked = {"role": "reasoning", "messages": HELLO, "reasoning_split": split}
    plain, told = parts(respond(**asked)), events(respond(**asked, stream=True))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert told[-1]["type"] == "response.completed"
    assert told[-1]["response"]["output"][0]["content"] == plain
    for place, part in enumerate(plain):
        kind = {"reasoning": "reasoning_text", "output_text": "output_text"}[part["type"]]
        own = [event for event in told if event.get("content_index") == place]
        texts = [event["delta"] for event in own if event["type"] == f"response.{kind}.delta"]
        assert "".join(texts) == part["text"]
        assert own[0]["type"] == "response.content_part.added"
        assert own[-1]["part"] == part


def test_a_cap_within_the_thought_leaves_the_response_incomplete(respond):
    cut = respond(role="reasoning", messages=HELLO, max_output_tokens=3).json()
    assert cut["status"] == "incomplete"
    assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
    assert cut["usage"]["output_tokens"] == 3
