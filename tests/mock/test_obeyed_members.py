"""What the reference server makes of the members of a request that its contracts promise to heed."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[2] / "suites"
INVENT = "Invent a name for a planet."
MODELS = {"speech": "gpt-audio", "search": "gpt-5-search-api", "reasoning": "gpt-5-mini"}


@pytest.fixture(name="openai")
def _openai(client):
    return client("openai")


@pytest.fixture(name="ask")
def _ask(openai):
    """One chat of one account, and the message that comes back."""

    def ask(content, **members):
        body = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": content}], **members}
        return openai.post("/chat/completions", json=body)

    return ask


@pytest.fixture(name="respond")
def _respond(openai):
    def respond(content, **members):
        return openai.post("/responses", json={"model": "gpt-4.1-mini", "input": content, **members})

    return respond


def said(answer):
    return answer.json()["choices"][0]["message"]["content"]


def spoken(answer):
    return [part["text"] for item in answer.json()["output"] for part in item.get("content", ())]


@pytest.mark.parametrize(
    ("members", "count"),
    [
        pytest.param({}, 6, id="left-to-chance"),
        pytest.param({"temperature": 0}, 1, id="cold"),
        pytest.param({"top_p": 0.01}, 1, id="nucleus"),
        pytest.param({"seed": 3}, 1, id="seed"),
    ],
)
def test_chance_decides_unless_the_request_says_otherwise(ask, members, count):
    assert len({said(ask(INVENT, **members)) for _ in range(6)}) == count


def test_a_bias_of_a_hundred_leaves_one_token_and_no_end(ask):
    answer = ask("Count from 1 to 9", logit_bias={"7": 100}, max_completion_tokens=5)
    assert len(set(said(answer).split())) == 1
    assert answer.json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("bias", [{"x": 1}, {"7": 101}, {"7": "much"}])
def test_a_bias_that_is_none_is_refused(ask, bias):
    assert ask("hi", logit_bias=bias).status_code == 400


def test_a_frequency_penalty_ends_what_repeats_itself(ask):
    order = "Write the word ha 60 times."
    assert said(ask(order)).split() == ["ha"] * 60
    assert 0 < len(said(ask(order, frequency_penalty=2)).split()) < 60


@pytest.mark.parametrize(("member", "low", "high"), [("verbosity", "low", "high"), ("reasoning_effort", "low", "high")])
def test_length_and_effort_follow_the_request(ask, member, low, high):
    counts = [
        ask("What is a lighthouse for?", model=MODELS["reasoning"], **{member: value}).json()["usage"]["total_tokens"]
        for value in (low, high)
    ]
    assert counts[0] < counts[1]


def test_the_tier_that_served_is_the_one_asked_for(ask):
    assert [ask("hi", service_tier=tier).json()["service_tier"] for tier in ("auto", "flex")] == ["default", "flex"]


def test_a_recording_and_a_page_are_read(ask):
    wav = base64.b64encode((SUITES / "transcriptions" / "speech.wav").read_bytes()).decode()
    pdf = base64.b64encode((SUITES / "chat" / "number.pdf").read_bytes()).decode()
    heard = [{"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}}]
    seen = [{"type": "file", "file": {"file_data": f"data:application/pdf;base64,{pdf}"}}]
    assert "country" in said(ask(heard))
    assert "4812" in said(ask(seen))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "input_audio", "input_audio": {"data": "!"}}, id="no-base64"),
        pytest.param({"type": "input_audio", "input_audio": {"data": "aGk="}}, id="no-recording"),
        pytest.param({"type": "input_audio"}, id="no-audio"),
        pytest.param({"type": "file", "file": {"file_id": "file-1"}}, id="file-elsewhere"),
        pytest.param({"type": "file", "file": {"file_data": "data:text/plain,hi"}}, id="no-pdf"),
    ],
)
def test_what_cannot_be_read_is_refused(ask, part):
    assert ask([part]).status_code == 400


def test_only_a_model_that_speaks_speaks_and_only_one_that_searches_names_sources(ask):
    loud, source = {"modalities": ["text", "audio"]}, {"web_search_options": {}}
    assert {ask("hi", **members).status_code for members in (loud, source)} <= {400, 403, 404}
    sound = ask("hi", model=MODELS["speech"], **loud).json()["choices"][0]["message"]["audio"]
    assert base64.b64decode(sound["data"])[8:12] == b"WAVE"
    found = ask("hi", model=MODELS["search"], **source).json()["choices"][0]["message"]
    cited = found["annotations"][0]["url_citation"]
    assert cited["url"] in found["content"][cited["start_index"] : cited["end_index"]]


def test_a_prediction_is_counted_as_far_as_it_is_said(ask):
    answer = ask("Say exactly: one two", prediction={"type": "content", "content": "one two three"})
    details = answer.json()["usage"]["completion_tokens_details"]
    assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"] > 0) == (2, True)


def test_a_tool_with_a_grammar_is_given_a_text_of_it(ask):
    form = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[A-F]{2}-[0-9]{3}"}}
    tool = {"type": "custom", "custom": {"name": "book", "format": form}}
    answer = ask("hi", tools=[tool], tool_choice={"type": "custom", "custom": {"name": "book"}})
    call = answer.json()["choices"][0]["message"]["tool_calls"][0]
    assert call["type"] == "custom"
    assert re.fullmatch("[A-F]{2}-[0-9]{3}", call["custom"]["input"])


@pytest.mark.parametrize("options", [{}, {"include_obfuscation": True}, {"include_obfuscation": False}])
def test_a_stream_is_padded_unless_that_is_switched_off(ask, options):
    padded = '"obfuscation"' in ask("Say exactly: ok", stream=True, stream_options=options).text
    assert padded == options.get("include_obfuscation", True)


def test_chats_are_kept_where_that_is_asked_for(ask, openai):
    kept, lost = (ask("Say exactly: ok", store=store, metadata={"a": "b"}).json()["id"] for store in (True, False))
    assert openai.get(f"/chat/completions/{kept}").json()["metadata"] == {"a": "b"}
    assert openai.get(f"/chat/completions/{lost}").status_code == 404
    assert [one["id"] for one in openai.get("/chat/completions").json()["data"]] == [kept]


def test_nobody_sees_what_another_account_keeps(respond, client):
    kept = respond("Say exactly: ok").json()["id"]
    assert client("openai").get(f"/responses/{kept}").status_code == 404


def test_a_response_is_kept_until_it_is_deleted(respond, openai):
    kept = respond("Say exactly: ok").json()
    assert openai.get(f"/responses/{kept['id']}").json() == kept
    assert openai.delete(f"/responses/{kept['id']}").json()["deleted"] is True
    assert openai.get(f"/responses/{kept['id']}").status_code == 404


def test_a_response_goes_on_from_an_earlier_one(respond):
    first = respond("Remember the number 7341.").json()["id"]
    second = respond("Thanks.", previous_response_id=first).json()["id"]
    assert "7341" in spoken(respond("Which number did I tell you?", previous_response_id=second))[0]


def test_a_response_in_the_background_is_had_later(respond, openai):
    begun = respond("Say exactly: ok", background=True).json()
    assert (begun["status"], begun["output"]) == ("queued", [])
    assert openai.get(f"/responses/{begun['id']}").json()["status"] == "completed"


def test_reasoning_is_told_as_far_as_it_is_asked_for(respond):
    model = {"model": MODELS["reasoning"]}
    told = respond("hi", reasoning={"summary": "auto"}, **model).json()["output"][0]
    silent = respond("hi", include=["reasoning.encrypted_content"], **model).json()["output"][0]
    assert told["summary"][0]["text"]
    assert (silent["summary"], bool(silent["encrypted_content"])) == ([], True)


def test_the_tokens_of_an_input_are_those_of_its_response(respond, openai):
    counted = openai.post("/responses/input_tokens", json={"model": "gpt-4.1-mini", "input": "Say exactly: ok"})
    assert counted.json()["input_tokens"] == respond("Say exactly: ok").json()["usage"]["input_tokens"]


def test_text_is_put_between_a_prompt_and_its_suffix(openai):
    body = {"model": "gpt-3.5-turbo-instruct", "prompt": "1, 2, 3,", "suffix": " 7, 8"}
    assert openai.post("/completions", json=body).json()["choices"][0]["text"] == " 4, 5, 6,"
