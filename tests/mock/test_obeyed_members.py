"""The effect of the request members that the contracts promise."""

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
    """Sends one chat of one account."""

    def ask(content, **members):
        body = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": content}], **members}
        return openai.post("/chat/completions", json=body)

    return ask


@pytest.fixture(name="respond")
def _respond(openai):
    def respond(content, **members):
        return openai.post("/responses", json={"model": "gpt-4.1-mini", "input": content, **members})

    return respond


def content_of(answer):
    return answer.json()["choices"][0]["message"]["content"]


def texts_of(answer):
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
def test_answers_vary_unless_the_request_fixes_them(ask, members, count):
    assert len({content_of(ask(INVENT, **members)) for _ in range(6)}) == count


def test_a_bias_of_100_repeats_one_token_until_the_cap(ask):
    answer = ask("Count from 1 to 9", logit_bias={"7": 100}, max_completion_tokens=5)
    assert len(set(content_of(answer).split())) == 1
    assert answer.json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("bias", [{"x": 1}, {"7": 101}, {"7": "much"}])
def test_an_invalid_bias_is_refused(ask, bias):
    assert ask("hi", logit_bias=bias).status_code == 400


def test_a_frequency_penalty_ends_repetition(ask):
    order = "Write the word ha 60 times."
    assert content_of(ask(order)).split() == ["ha"] * 60
    assert 0 < len(content_of(ask(order, frequency_penalty=2)).split()) < 60


@pytest.mark.parametrize(("member", "low", "high"), [("verbosity", "low", "high"), ("reasoning_effort", "low", "high")])
def test_length_and_effort_follow_the_request(ask, member, low, high):
    counts = [
        ask("What is a lighthouse for?", model=MODELS["reasoning"], **{member: value}).json()["usage"]["total_tokens"]
        for value in (low, high)
    ]
    assert counts[0] < counts[1]


def test_the_service_tier_is_the_requested_one(ask):
    assert [ask("hi", service_tier=tier).json()["service_tier"] for tier in ("auto", "flex")] == ["default", "flex"]


def test_a_recording_and_a_page_are_read(ask):
    wav = base64.b64encode((SUITES / "transcriptions" / "speech.wav").read_bytes()).decode()
    pdf = base64.b64encode((SUITES / "chat" / "number.pdf").read_bytes()).decode()
    recording = [{"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}}]
    document = [{"type": "file", "file": {"file_data": f"data:application/pdf;base64,{pdf}"}}]
    assert "country" in content_of(ask(recording))
    assert "4812" in content_of(ask(document))


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
def test_unreadable_attachments_are_refused(ask, part):
    assert ask([part]).status_code == 400


def test_speech_and_search_need_a_model_with_that_role(ask):
    loud, source = {"modalities": ["text", "audio"]}, {"web_search_options": {}}
    assert {ask("hi", **members).status_code for members in (loud, source)} <= {400, 403, 404}
    sound = ask("hi", model=MODELS["speech"], **loud).json()["choices"][0]["message"]["audio"]
    assert base64.b64decode(sound["data"])[8:12] == b"WAVE"
    found = ask("hi", model=MODELS["search"], **source).json()["choices"][0]["message"]
    cited = found["annotations"][0]["url_citation"]
    assert cited["url"] in found["content"][cited["start_index"] : cited["end_index"]]


def test_accepted_and_rejected_prediction_tokens_are_counted(ask):
    answer = ask("Say exactly: one two", prediction={"type": "content", "content": "one two three"})
    details = answer.json()["usage"]["completion_tokens_details"]
    assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"] > 0) == (2, True)


def test_a_tool_with_a_grammar_gets_a_matching_text(ask):
    form = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[A-F]{2}-[0-9]{3}"}}
    tool = {"type": "custom", "custom": {"name": "book", "format": form}}
    answer = ask("hi", tools=[tool], tool_choice={"type": "custom", "custom": {"name": "book"}})
    call = answer.json()["choices"][0]["message"]["tool_calls"][0]
    assert call["type"] == "custom"
    assert re.fullmatch("[A-F]{2}-[0-9]{3}", call["custom"]["input"])


@pytest.mark.parametrize("options", [{}, {"include_obfuscation": True}, {"include_obfuscation": False}])
def test_obfuscation_can_be_switched_off(ask, options):
    padded = '"obfuscation"' in ask("Say exactly: ok", stream=True, stream_options=options).text
    assert padded == options.get("include_obfuscation", True)


def test_chats_are_stored_on_request(ask, openai):
    stored, unstored = (
        ask("Say exactly: ok", store=store, metadata={"a": "b"}).json()["id"] for store in (True, False)
    )
    assert openai.get(f"/chat/completions/{stored}").json()["metadata"] == {"a": "b"}
    assert openai.get(f"/chat/completions/{unstored}").status_code == 404
    assert [chat["id"] for chat in openai.get("/chat/completions").json()["data"]] == [stored]


def test_stored_responses_belong_to_their_account(respond, client):
    stored = respond("Say exactly: ok").json()["id"]
    assert client("openai").get(f"/responses/{stored}").status_code == 404


def test_a_response_is_stored_until_it_is_deleted(respond, openai):
    stored = respond("Say exactly: ok").json()
    assert openai.get(f"/responses/{stored['id']}").json() == stored
    assert openai.delete(f"/responses/{stored['id']}").json()["deleted"] is True
    assert openai.get(f"/responses/{stored['id']}").status_code == 404


def test_previous_response_id_continues_a_conversation(respond):
    first = respond("Remember the number 7341.").json()["id"]
    second = respond("Thanks.", previous_response_id=first).json()["id"]
    assert "7341" in texts_of(respond("Which number did I tell you?", previous_response_id=second))[0]


def test_a_background_response_is_retrieved_later(respond, openai):
    begun = respond("Say exactly: ok", background=True).json()
    assert (begun["status"], begun["output"]) == ("queued", [])
    assert openai.get(f"/responses/{begun['id']}").json()["status"] == "completed"


def test_reasoning_summary_and_encrypted_content_are_optional(respond):
    model = {"model": MODELS["reasoning"]}
    summarised = respond("hi", reasoning={"summary": "auto"}, **model).json()["output"][0]
    encrypted = respond("hi", include=["reasoning.encrypted_content"], **model).json()["output"][0]
    assert summarised["summary"][0]["text"]
    assert (encrypted["summary"], bool(encrypted["encrypted_content"])) == ([], True)


def test_input_tokens_equal_those_of_the_response(respond, openai):
    counted = openai.post("/responses/input_tokens", json={"model": "gpt-4.1-mini", "input": "Say exactly: ok"})
    assert counted.json()["input_tokens"] == respond("Say exactly: ok").json()["usage"]["input_tokens"]


def test_a_suffix_ends_the_completion(openai):
    body = {"model": "gpt-3.5-turbo-instruct", "prompt": "1, 2, 3,", "suffix": " 7, 8"}
    assert openai.post("/completions", json=body).json()["choices"][0]["text"] == " 4, 5, 6,"
