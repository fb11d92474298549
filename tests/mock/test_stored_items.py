"""Stored chats and responses, resumed streams, cached prompts, compaction and streamed speech."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

MODEL = "gpt-4.1-mini"
SUITES = Path(__file__).parents[2] / "suites"
THREE = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "Say exactly: ok"},
]
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_time", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "noon"}
LONG_TEXT = " ".join(f"alpha{number}" for number in range(700))


@pytest.fixture(name="openai")
def _openai(client):
    return client("openai")


@pytest.fixture(name="respond")
def _respond(openai):
    """Makes a response, and returns its id."""

    def respond(content, **members):
        answer = openai.post("/responses", json={"model": MODEL, "input": content, **members})
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    return respond


@pytest.fixture(name="store")
def _store(openai):
    """Stores a chat, and returns its id."""

    def store(messages=THREE, **members):
        body = {"model": MODEL, "messages": messages, "store": True, **members}
        return openai.post("/chat/completions", json=body).json()["id"]

    return store


def events_of(answer):
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = answer.text.splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(value) for value in data if value != "[DONE]"]


def test_a_stream_is_resumed_after_an_event(openai):
    body = {"model": MODEL, "input": "Say exactly: one two three", "stream": True, "background": True}
    whole = events_of(openai.post("/responses", json=body))
    path = f"/responses/{whole[0]['response']['id']}?stream=true"
    assert events_of(openai.get(path)) == whole
    assert events_of(openai.get(f"{path}&starting_after=4")) == whole[5:]
    assert events_of(openai.get(f"{path}&starting_after={len(whole) - 1}")) == []


@pytest.mark.parametrize("query", ["stream=yes", "stream=true&starting_after=x", "stream=true&starting_after=-1"])
def test_a_query_that_cannot_be_obeyed_is_refused(openai, respond, query):
    assert openai.get(f"/responses/{respond('Hi')}?{query}").status_code == 400


def test_a_response_in_the_background_is_cancelled_for_good(openai, respond):
    path = f"/responses/{respond('Hi', background=True)}"
    cancelled = openai.post(f"{path}/cancel").json()
    assert (cancelled["status"], cancelled["output"], cancelled["completed_at"]) == ("cancelled", [], None)
    assert openai.get(path).json() == cancelled
    assert openai.post(f"{path}/cancel").json() == cancelled
    assert openai.get(f"{path}?stream=true").status_code == 400


def test_what_is_finished_stays_as_it_is(openai, respond):
    path = f"/responses/{respond('Hi', background=True)}"
    assert openai.get(path).json()["status"] == "completed"
    assert openai.post(f"{path}/cancel").json()["status"] == "completed"
    assert openai.post(f"/responses/{respond('Hi')}/cancel").status_code == 400
    assert openai.post("/responses/resp_none/cancel").status_code == 404


def test_the_input_of_a_response_comes_in_pages_the_latest_first(openai, respond):
    path = f"/responses/{respond(THREE)}/input_items"
    first = openai.get(f"{path}?limit=2").json()
    second = openai.get(f"{path}?limit=2&after={first['last_id']}").json()
    texts = [item["content"][0]["text"] for page in (first, second) for item in page["data"]]
    assert texts == [message["content"] for message in reversed(THREE)]
    assert (first["has_more"], second["has_more"]) == (True, False)
    ascending = openai.get(f"{path}?order=asc").json()["data"]
    assert ascending == [*second["data"], *reversed(first["data"])]


def test_the_input_of_a_continued_response_holds_the_earlier_items(openai, respond):
    earlier = respond("Hi")
    later = respond("And you?", previous_response_id=earlier)
    listed = openai.get(f"/responses/{later}/input_items?order=asc").json()["data"]
    assert [item["role"] for item in listed] == ["user", "assistant", "user"]
    reference = respond([{"type": "item_reference", "id": listed[0]["id"]}, {"role": "user", "content": "Hi"}])
    assert openai.get(f"/responses/{reference}/input_items?order=asc").json()["data"][0] == listed[0]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "order=up", "after=msg_none"])
@pytest.mark.parametrize("kind", ["response", "chat"])
def test_a_page_that_cannot_be_is_refused(openai, respond, store, kind, query):
    path = f"/responses/{respond(THREE)}/input_items" if kind == "response" else f"/chat/completions/{store()}/messages"
    assert openai.get(f"{path}?{query}").status_code == 400


def test_the_metadata_of_a_stored_chat_is_replaced(openai, store):
    path = f"/chat/completions/{store(metadata={'a': 'b'})}"
    changed = openai.post(path, json={"metadata": {"c": "d"}}).json()
    assert changed["metadata"] == {"c": "d"}
    assert openai.get(path).json() == changed


@pytest.mark.parametrize("body", [{}, {"metadata": 7}, {"metadata": {"a": 1}}, {"metadata": {}, "model": MODEL}])
def test_a_change_of_anything_else_is_refused(openai, store, body):
    assert openai.post(f"/chat/completions/{store()}", json=body).status_code == 400


def test_a_deleted_chat_is_gone(openai, store):
    chat = store()
    path = f"/chat/completions/{chat}"
    assert openai.delete(path).json() == {"object": "chat.completion.deleted", "id": chat, "deleted": True}
    assert [openai.get(path).status_code, openai.delete(path).status_code] == [404, 404]
    assert openai.get(f"{path}/messages").status_code == 404


def test_the_messages_of_a_chat_show_text_and_parts(openai, store):
    parts = [{"type": "text", "text": "Hi"}]
    chat = store([THREE[0], {"role": "user", "content": parts}])
    listed = openai.get(f"/chat/completions/{chat}/messages").json()
    assert [message["id"] for message in listed["data"]] == [f"{chat}-0", f"{chat}-1"]
    assert [message["content"] for message in listed["data"]] == ["Hi", None]
    assert [message["content_parts"] for message in listed["data"]] == [None, parts]


def test_stored_chats_are_listed_by_model_and_metadata(openai, store):
    marked, _ = store(metadata={"run": "a"}), store(metadata={"run": "b"})
    found = openai.get("/chat/completions?metadata[run]=a").json()["data"]
    assert [chat["id"] for chat in found] == [marked]
    assert openai.get("/chat/completions?model=gpt-4.1").json()["data"] == []


def test_ids_of_chats_and_of_responses_are_kept_apart(openai, respond, store):
    assert openai.get(f"/responses/{store()}").status_code == 404
    assert openai.get(f"/chat/completions/{respond('Hi')}").status_code == 404


def test_a_compacted_conversation_goes_on(openai):
    told = [{"role": "user", "content": "Remember the number 7341."}, {"role": "assistant", "content": "noted"}]
    compacted = openai.post("/responses/compact", json={"model": MODEL, "input": told}).json()
    assert [item["type"] for item in compacted["output"]] == ["message", "compaction"]
    question = {"role": "user", "content": "Which number did I tell you?"}
    answer = openai.post("/responses", json={"model": MODEL, "input": [*compacted["output"], question]})
    assert "7341" in answer.json()["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    "body",
    [
        {"input": "Hi"},
        {"model": MODEL, "input": "Hi", "temperature": 1},
        {"model": MODEL},
        {"model": "gpt-none", "input": "Hi"},
        {"model": MODEL, "input": [{"type": "item_reference", "id": "msg_none"}]},
        {"model": MODEL, "input": [{"type": "item_reference", "id": []}]},
    ],
)
def test_a_compaction_of_nothing_is_refused(openai, body):
    assert 400 <= openai.post("/responses/compact", json=body).status_code < 500


@pytest.mark.parametrize("content", [{}, {"encrypted_content": "!"}, {"encrypted_content": "/w=="}])
def test_a_compaction_that_cannot_be_read_is_refused(openai, content):
    items = [{"type": "compaction", **content}, THREE[0]]
    assert openai.post("/responses", json={"model": MODEL, "input": items}).status_code == 400


@pytest.mark.parametrize(
    "items", [[THREE[0], CALL], [CALL, THREE[0]], [THREE[0], CALL, {**CALL, "call_id": "b"}, OUTPUT]]
)
def test_a_call_that_no_output_answers_is_refused(openai, items):
    refusal = openai.post("/responses", json={"model": MODEL, "input": items})
    assert (refusal.status_code, "No tool output found" in refusal.text) == (400, True)


def test_a_call_of_an_earlier_response_needs_its_output(openai):
    function = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
    members = {"model": MODEL, "tools": [function]}
    made = openai.post("/responses", json={**members, "input": "What time is it?", "tool_choice": "required"}).json()
    later = {**members, "previous_response_id": made["id"]}
    output = {**OUTPUT, "call_id": made["output"][0]["call_id"]}
    assert openai.post("/responses", json={**later, "input": "Hi"}).status_code == 400
    assert openai.post("/responses", json={**later, "input": [output]}).status_code == 200


def test_a_prompt_is_cached_in_steps_of_128_tokens(openai):
    def cached(question, name=MODEL):
        messages = [{"role": "user", "content": LONG_TEXT}, {"role": "user", "content": question}]
        usage = openai.post("/chat/completions", json={"model": name, "messages": messages}).json()["usage"]
        return usage["prompt_tokens_details"]["cached_tokens"], usage["prompt_tokens"]

    first, second, other_model = cached("Hi"), cached("Who is there?"), cached("Hi", "gpt-4.1")
    assert (first[0], other_model[0]) == (0, 0)
    assert 1024 <= second[0] <= second[1]
    assert second[0] % 128 == 0


def test_a_short_prompt_and_that_of_another_account_are_not_cached(client):
    def cached(of, content):
        usage = of.post("/responses", json={"model": MODEL, "input": content}).json()["usage"]
        return usage["input_tokens_details"]["cached_tokens"]

    one, other = client("openai"), client("openai")
    assert [cached(one, "Hi"), cached(one, "Hi"), cached(one, LONG_TEXT), cached(other, LONG_TEXT)] == [0, 0, 0, 0]
    assert cached(one, LONG_TEXT) > 0


def test_streamed_speech_joins_to_the_plain_one(openai):
    body = {
        "model": "gpt-audio",
        "messages": [{"role": "user", "content": "Say exactly: good morning"}],
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
    }
    plain = openai.post("/chat/completions", json=body).json()["choices"][0]["message"]["audio"]
    chunks = events_of(openai.post("/chat/completions", json={**body, "stream": True}))
    pieces = [chunk["choices"][0]["delta"]["audio"] for chunk in chunks if "audio" in chunk["choices"][0]["delta"]]
    assert len({piece["id"] for piece in pieces}) == 1
    assert "".join(piece.get("transcript", "") for piece in pieces) == plain["transcript"] == "good morning"
    data = [piece["data"] for piece in pieces if "data" in piece]
    assert len(data) > 1
    assert b"".join(map(base64.b64decode, data)) == base64.b64decode("".join(data)) == base64.b64decode(plain["data"])
    assert next(piece["expires_at"] for piece in pieces if "expires_at" in piece) >= plain["expires_at"]


@pytest.mark.parametrize(("format", "stream"), [("wav", True), ("mp3", False)])
def test_a_format_of_sound_that_is_not_offered_is_refused(openai, format, stream):
    audio = {"voice": "alloy", "format": format}
    body = {"model": "gpt-audio", "messages": THREE, "modalities": ["text", "audio"], "audio": audio, "stream": stream}
    refusal = openai.post("/chat/completions", json=body)
    assert (refusal.status_code, refusal.json()["error"]["param"]) == (400, "audio.format")


@pytest.mark.parametrize(
    ("values", "members"),
    [
        (["word", "segment"], {"words", "segments"}),
        (["word"], {"words"}),
        (['["word"]'], None),
        (["sentence"], None),
    ],
)
def test_a_field_of_several_values_is_given_once_for_each(openai, values, members):
    clip = (SUITES / "transcriptions" / "speech.wav").read_bytes()
    fields = {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities[]": values}
    answer = openai.post("/audio/transcriptions", data=fields, files={"file": ("speech.wav", clip, "audio/wav")})
    assert answer.status_code == (400 if members is None else 200)
    assert members is None or {"words", "segments"} & answer.json().keys() == members
