"""The Responses API of each contract: its input, and the members of an answer."""

from __future__ import annotations

import json

import pytest

SHOWN = {"id", "object", "created_at", "status", "model", "output", "usage"}
PARTS = [{"type": "input_text", "text": "Count from 1 to 9"}]
HELLO = [{"role": "user", "content": "Count from 1 to 9"}]


@pytest.fixture(name="respond")
def _respond(client, providers):
    """Sends one request of the Responses API."""

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
def test_every_form_of_the_input_gets_the_same_answer(respond, members):
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
def test_an_invalid_input_is_refused(respond, members, param):
    refused = respond(**members)
    assert refused.status_code == 400
    assert param in refused.json()["error"]["message"]


def test_messages_are_refused_if_the_contract_has_only_input(respond):
    refused = respond("openai", messages=HELLO)
    assert refused.json()["error"]["code"] == "unknown_parameter"


@pytest.mark.parametrize("missing", ["model", "input"])
def test_model_and_input_are_required_although_the_description_has_them_optional(client, missing):
    body = {"model": "gpt-4.1-mini", "input": "Hello"}
    del body[missing]
    refused = client("openai").post("/responses", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, missing)


def test_an_answer_has_the_members_of_its_contract(respond):
    own, settings = respond(input="Hello").json(), respond("openai", input="Hello").json()
    assert set(own) == SHOWN
    assert set(own["usage"]) == {"input_tokens", "output_tokens", "total_tokens", "input_tokens_details"}
    assert SHOWN | {"tools", "temperature", "error"} < set(settings)
    assert settings["usage"]["output_tokens_details"] == {"reasoning_tokens": 0}


def test_a_thought_comes_first_in_the_content(respond):
    thought, text = parts(respond(role="reasoning", messages=HELLO))
    assert (thought["type"], text["type"]) == ("reasoning", "output_text")
    assert thought["text"]
    assert text["text"].startswith("1, 2")


def test_a_thought_that_is_not_split_is_in_the_text(respond):
    (text,) = parts(respond(role="reasoning", messages=HELLO, reasoning_split=False))
    assert text["text"].startswith("<think>")


@pytest.mark.parametrize("split", [True, False], ids=["split", "inline"])
def test_a_stream_equals_the_plain_answer_part_by_part(respond, split):
    members = {"role": "reasoning", "messages": HELLO, "reasoning_split": split}
    plain, sent_events = parts(respond(**members)), events(respond(**members, stream=True))
    assert [event["sequence_number"] for event in sent_events] == list(range(len(sent_events)))
    assert sent_events[-1]["type"] == "response.completed"
    assert sent_events[-1]["response"]["output"][0]["content"] == plain
    for place, part in enumerate(plain):
        kind = {"reasoning": "reasoning_text", "output_text": "output_text"}[part["type"]]
        own = [event for event in sent_events if event.get("content_index") == place]
        texts = [event["delta"] for event in own if event["type"] == f"response.{kind}.delta"]
        assert "".join(texts) == part["text"]
        assert own[0]["type"] == "response.content_part.added"
        assert own[-1]["part"] == part


def test_a_cap_inside_the_thought_makes_the_response_incomplete(respond):
    cut = respond(role="reasoning", messages=HELLO, max_output_tokens=3).json()
    assert cut["status"] == "incomplete"
    assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
    assert cut["usage"]["output_tokens"] == 3
