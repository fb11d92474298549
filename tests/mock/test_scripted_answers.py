"""Scripted answers, read by the official client: whole and streamed, on both endpoints."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from wireproof.cli.cell_processes import without_limits
from wireproof.cli.start_state import build_start_state, read_script
from wireproof.contract import loading
from wireproof.errors import ConfigError
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.received_request import describe_request
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import Server, serve_in_thread

OPENAI = loading.read_providers_data()["openai"]
MODEL = OPENAI["models"]["chat"]
ACCOUNTS = itertools.count()
TOOLS: list[Any] = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("find", "book")]
STEPS = [
    {"match": {"contains": "Rome"}, "answer": {"calls": [{"name": "find", "arguments": {"to": "Rome"}}]}},
    {"match": {"matches": "^flight \\d+$"}, "answer": {"calls": [{"name": "book", "arguments": "{broken"}]}},
    {"answer": {"text": 'Booked: {"done": true}'}},
]


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    served = {"openai": without_limits(OPENAI)}
    start = build_start_state(served, at="/v1", ordered="", script=None, control=True)
    with serve_in_thread(served, control=True, start=start) as server:
        yield server


Play = Callable[[list[dict[str, Any]]], openai.OpenAI]


@pytest.fixture(name="play")
def _play(server: Server) -> Iterator[Play]:
    """Starts a script; returns a client with a key of its own."""
    opened: list[httpx.Client] = []

    def play(turns: list[dict[str, Any]]) -> openai.OpenAI:
        httpx.post(f"{server.root_url()}/_wireproof/control", json={"script": turns}).raise_for_status()
        opened.append(httpx.Client(timeout=20))
        key = f"sk-mock-standard.{next(ACCOUNTS)}"
        return openai.OpenAI(base_url=f"{server.root_url()}/v1", api_key=key, http_client=opened[-1], max_retries=0)

    yield play
    httpx.post(f"{server.root_url()}/_wireproof/reset").raise_for_status()
    for client in opened:
        client.close()


def chat(client: openai.OpenAI, *messages: Any, **members: Any) -> Any:
    first: list[Any] = [{"role": "user", "content": messages[0]}]
    return client.chat.completions.create(model=MODEL, messages=[*first, *messages[1:]], **members)


@pytest.mark.parametrize("streamed", [False, True])
def test_an_agent_of_three_steps_is_told_what_the_script_says(play: Play, streamed: bool) -> None:
    client = play(STEPS)
    messages: list[Any] = [{"role": "user", "content": "Fly to Rome"}]
    said = []
    for result in ("flight 7", "confirmed", None):
        asked: dict[str, Any] = {"model": MODEL, "messages": messages, "tools": TOOLS}
        if streamed:
            with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
                completion: Any = stream.get_final_completion()
        else:
            completion = client.chat.completions.create(**asked)
        (choice,) = completion.choices
        calls = [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
        said.append((choice.finish_reason, choice.message.content, calls))
        assert completion.usage.completion_tokens > 0
        messages.append(choice.message.model_dump(exclude_none=True, exclude={"parsed"}))
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": result} for call in choice.message.tool_calls or ()
        ]
    assert said == [
        ("tool_calls", None, [("find", '{"to": "Rome"}')]),
        ("tool_calls", None, [("book", "{broken")]),
        ("stop", 'Booked: {"done": true}', []),
    ]


def respond(client: openai.OpenAI, streamed: bool, **asked: Any) -> Any:
    if not streamed:
        return client.responses.create(model=MODEL, **asked)
    with client.responses.stream(model=MODEL, **asked) as stream:
        return stream.get_final_response()


@pytest.mark.parametrize("streamed", [False, True])
def test_a_response_has_text_and_calls(play: Play, streamed: bool) -> None:
    client = play([{"answer": {"text": "One moment.", "calls": [{"name": "find"}, {"name": "book"}]}}])
    tools = [{**tool["function"], "type": "function", "strict": False} for tool in TOOLS]
    response = respond(client, streamed, input="Go", tools=tools)
    shown = [(item.type, getattr(item, "name", None)) for item in response.output if item.type != "reasoning"]
    assert shown == [("message", None), ("function_call", "find"), ("function_call", "book")]
    assert response.output_text == "One moment."
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_is_one_on_both_endpoints(play: Play, streamed: bool) -> None:
    client = play([{"answer": {"refusal": "I will not."}, "times": "always"}])
    response = respond(client, streamed, input="Go")
    (part,) = response.output[-1].content
    assert (part.type, part.refusal, response.output_text) == ("refusal", "I will not.", "")
    if streamed:
        with client.chat.completions.stream(model=MODEL, messages=[{"role": "user", "content": "Go"}]) as stream:
            message = stream.get_final_completion().choices[0].message
    else:
        message = chat(client, "Go").choices[0].message
    assert (message.refusal, message.content) == ("I will not.", None)


def test_streams_of_scripted_answers_fit_the_schemas(play: Play) -> None:
    from wireproof.contract.schemas import SchemaSet

    client = play([{"answer": {"text": "a b", "calls": [{"name": "find"}]}}, {"answer": {"refusal": "no"}}] * 2)
    schemas = SchemaSet("openai")
    asked = {"tools": TOOLS, "stream_options": {"include_usage": True}}
    for _ in range(2):
        for chunk in chat(client, "Go", stream=True, **asked):
            assert schemas.shape("chat.chunk").findings(chunk.model_dump(exclude_unset=True)) == ()
    for _ in range(2):
        for event in client.responses.create(model=MODEL, input="Go", stream=True):
            assert schemas.shape("responses.event").findings(event.model_dump(mode="json", exclude_unset=True)) == ()


def test_an_error_has_the_status_the_headers_and_the_envelope(play: Play) -> None:
    error = {"status": 429, "code": "slow_down", "message": "Slow down.", "headers": {"Retry-After": 7}}
    client = play([{"answer": {"error": error}}, {"answer": {"text": "Now."}}])
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client, "Go")
    assert (caught.value.code, caught.value.body["message"]) == ("slow_down", "Slow down.")
    assert caught.value.response.headers["retry-after"] == "7"
    assert chat(client, "Go").choices[0].message.content == "Now."


def test_a_client_that_retries_gets_the_next_turn(play: Play) -> None:
    client = play([{"answer": {"error": {"status": 503}}}, {"answer": {"text": "Now."}}]).with_options(max_retries=1)
    assert chat(client, "Go").choices[0].message.content == "Now."


def test_a_turn_is_chosen_by_endpoint_text_and_number(play: Play) -> None:
    client = play(
        [
            {"match": {"turn": 3}, "answer": {"text": "third"}},
            {"match": {"endpoint": "responses"}, "answer": {"text": "a response"}, "times": "always"},
            {"match": {"matches": "(?i)^HELLO"}, "answer": {"text": "hello"}, "times": 2},
        ]
    )
    assert client.responses.create(model=MODEL, input="x").output_text == "a response"
    assert [chat(client, "hello you").choices[0].message.content for _ in range(3)] == ["hello", "third", "hello"]
    assert chat(client, "Count from 1 to 3").choices[0].message.content == "1, 2, 3"


def test_each_key_begins_the_script_anew(play: Play) -> None:
    client = play([{"answer": {"text": "once"}}])
    other = client.with_options(api_key=f"sk-mock-standard.{next(ACCOUNTS)}")
    assert [chat(one, "Count to 2").choices[0].message.content for one in (client, other, client)][:2] == ["once"] * 2


def test_the_cap_ends_a_scripted_answer_and_a_reason_may_be_named(play: Play) -> None:
    client = play(
        [{"answer": {"text": "one two three four"}}, {"answer": {"text": "x", "finish_reason": "content_filter"}}]
    )
    assert chat(client, "Go", max_completion_tokens=1).choices[0].finish_reason == "length"
    response = client.responses.create(model=MODEL, input="Go")
    assert (response.status, response.incomplete_details and response.incomplete_details.reason) == (
        "incomplete",
        "content_filter",
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("answer", [{"text": "late"}, {"error": {"status": 503}}])
def test_a_delay_holds_the_answer_back(server: Server, play: Play, answer: dict[str, Any], stream: bool) -> None:
    play([{"answer": {**answer, "delay": 0.25}}])
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Go"}], "stream": stream}
    headers = (("authorization", "Bearer sk-mock-standard.late"),)
    request = HttpRequest("POST", "/v1/chat/completions", "", headers, json.dumps(body).encode(), 1e9)
    assert [server.core.handle(request).after_s for _ in range(2)] == [0.25, 0.0]


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("- answer: {txt: Hi}", "/0/answer/txt", "'txt' is not a known member"),
        ("- {}", "/0/answer", "it is missing"),
        ("- answer: {}", "/0/answer", "members"),
        ("- answer: {text: 7}", "/0/answer/text", "quote what YAML reads as a number"),
        ("- answer: {text: a, refusal: b}", "/0/answer/text", "not both"),
        ("- answer: {error: {status: 200}}", "/0/answer/error/status", "from 400 to 599"),
        ("- {match: {endpoint: images}, answer: {text: a}}", "/0/match/endpoint", "chat or responses"),
        ("- {match: {matches: '('}, answer: {text: a}}", "/0/match/matches", "no regular expression"),
        ("- {times: never, answer: {text: a}}", "/0/times", "or always"),
        ("text: Hi", "/", "give a list of turns"),
    ],
)
def test_a_wrong_script_is_refused_with_file_field_and_remedy(
    tmp_path: Path, text: str, place: str, remedy: str
) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_script(read_yaml(file), str(file))
    assert str(caught.value).startswith(f"{file}, {place}: ")
    assert remedy in str(caught.value)


def test_a_key_in_any_header_of_the_journal_is_masked() -> None:
    facts = describe_request("openai", "chat", "/v1?key=sk-secret-1", [("x-api-key", "sk-secret-1")], b"sk-secret-1")
    assert "secret" not in str(facts)
