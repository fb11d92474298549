"""Functions of the older form, choices among allowed tools, and calls cut by the token cap."""

from __future__ import annotations

import json

import pytest

WEATHER = {
    "name": "get_weather",
    "description": "Current weather of a place",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME = {"name": "get_time", "description": "The clock time of a place"}
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}]
ASKED = "What is the weather in Paris?"


def allowed(mode, *names):
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


def first(response):
    return response.json()["choices"][0]


def test_a_function_is_called_in_a_member_of_its_own(chat):
    choice = first(chat(ASKED, "openai", functions=[WEATHER]))
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["content"] is None
    assert "tool_calls" not in choice["message"]
    assert choice["message"]["function_call"]["name"] == "get_weather"
    assert json.loads(choice["message"]["function_call"]["arguments"]) == {"city": "Paris"}


def test_a_streamed_function_call_equals_the_plain_one(chat):
    plain = first(chat(ASKED, "openai", functions=[WEATHER]))["message"]["function_call"]
    lines = chat(ASKED, "openai", functions=[WEATHER], stream=True).text.split("\n\n")[:-2]
    choices = [json.loads(line.removeprefix("data: "))["choices"][0] for line in lines]
    pieces = [choice["delta"]["function_call"] for choice in choices if "function_call" in choice["delta"]]
    assert [piece["name"] for piece in pieces if "name" in piece] == [plain["name"]]
    assert "".join(piece["arguments"] for piece in pieces) == plain["arguments"]
    assert choices[-1]["finish_reason"] == "function_call"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        pytest.param("none", None, id="none"),
        pytest.param("auto", "get_weather", id="auto"),
        pytest.param({"name": "get_time"}, "get_time", id="named"),
    ],
)
def test_function_call_selects_the_function(chat, choice, called):
    message = first(chat(ASKED, "openai", functions=[WEATHER, TIME], function_call=choice))["message"]
    assert message.get("function_call", {}).get("name") == called


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"functions": [{}]}, id="no-name"),
        pytest.param({"functions": ["get_weather"]}, id="no-object"),
        pytest.param({"functions": [{**WEATHER, "parameters": 7}]}, id="no-parameters"),
        pytest.param({"functions": [WEATHER], "function_call": "required"}, id="unknown-word"),
        pytest.param({"functions": [WEATHER], "function_call": {"name": "get_time"}}, id="unknown-name"),
        pytest.param({"function_call": {"name": "get_time"}}, id="no-functions"),
        pytest.param({"tools": TOOLS, "tool_choice": {"type": "allowed_tools"}}, id="no-limits"),
        pytest.param({"tools": TOOLS, "tool_choice": allowed("none", "get_time")}, id="unknown-mode"),
        pytest.param({"tools": TOOLS, "tool_choice": allowed("auto")}, id="no-tools-allowed"),
    ],
)
def test_malformed_functions_and_choices_are_refused(chat, members):
    assert chat(ASKED, "openai", **members).status_code == 400


@pytest.mark.parametrize(
    ("limits", "called"),
    [
        pytest.param(allowed("required", "get_time"), ["get_time"], id="required"),
        pytest.param(allowed("auto", "get_weather"), ["get_weather"], id="meant"),
        pytest.param(allowed("auto", "get_time"), [], id="not-meant"),
    ],
)
def test_only_a_tool_that_is_allowed_is_called(chat, limits, called):
    message = first(chat(ASKED, "openai", tools=TOOLS, tool_choice=limits))["message"]
    assert [call["function"]["name"] for call in message.get("tool_calls", ())] == called


def test_a_function_call_cut_by_the_cap_ends_with_length(chat):
    choice = first(chat(ASKED, "openai", functions=[WEATHER], max_completion_tokens=5))
    assert choice["finish_reason"] == "length"
    assert choice["message"]["function_call"]["arguments"] == '{"'


def test_a_response_is_continued_with_the_output_of_its_call(client):
    with client("openai") as opened:
        tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
        request = {"model": "gpt-4.1-mini", "tools": [tool]}
        first = opened.post("/responses", json={**request, "input": "Paris?", "tool_choice": "required"}).json()
        output = {"type": "function_call_output", "output": "Sunny, 23 degrees"}
        more = {**request, "previous_response_id": first["id"]}
        known = opened.post(
            "/responses", json={**more, "input": [{**output, "call_id": first["output"][0]["call_id"]}]}
        )
        unknown = opened.post("/responses", json={**more, "input": [{**output, "call_id": "call_0"}]})
    assert "23" in known.json()["output"][0]["content"][0]["text"]
    assert unknown.status_code == 400
