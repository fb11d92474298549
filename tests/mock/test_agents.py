"""The needs of agents: calls one after another, custom tools, recursive schemas, and pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

MODEL = "gpt-4.1-mini"
HELLO = {"role": "user", "content": "Hi"}
BOTH = "Look up the weather, then book a table."


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


NODE_OR_NULL = {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}
LIST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"first": {"$ref": "#/$defs/node"}},
    "required": ["first"],
    "additionalProperties": False,
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "number"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
            "additionalProperties": False,
        }
    },
}


@pytest.fixture(name="openai")
def _openai(client):
    return client("openai")


def test_a_second_tool_is_called_after_the_first_has_answered(openai):
    tools, messages, called = [tool("weather"), tool("book_table")], [{"role": "user", "content": BOTH}], []
    for _ in range(3):
        body = {"model": MODEL, "messages": messages, "tools": tools, "parallel_tool_calls": False}
        message = openai.post("/chat/completions", json=body).json()["choices"][0]["message"]
        for call in message.get("tool_calls", ()):
            called.append(call["function"]["name"])
            messages += [message, {"role": "tool", "tool_call_id": call["id"], "content": "done"}]
    assert called == ["weather", "book_table"]
    assert message["content"] == "The tool answered: done"


def test_a_second_tool_is_called_after_a_response_that_is_continued(openai):
    tools = [{**entry["function"], "type": "function"} for entry in (tool("weather"), tool("book_table"))]
    shared = {"model": MODEL, "tools": tools, "parallel_tool_calls": False}
    called, given = [], {"input": BOTH}
    for _ in range(2):
        response = openai.post("/responses", json={**shared, **given}).json()
        (call,) = response["output"]
        called.append(call["name"])
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}
        given = {"previous_response_id": response["id"], "input": [output]}
    assert called == ["weather", "book_table"]


def test_a_custom_tool_of_a_response_is_called_by_an_item_of_its_kind(openai):
    tools = [
        {"type": "custom", "name": "note", "format": {"type": "grammar", "syntax": "regex", "definition": "[ab]{3}"}}
    ]
    body = {"model": MODEL, "input": "Take a note.", "tools": tools, "tool_choice": "required"}
    (item,) = openai.post("/responses", json=body).json()["output"]
    assert (item["type"], item["name"]) == ("custom_tool_call", "note")
    assert set(item["input"]) <= {"a", "b"}

    streamed = openai.post("/responses", json={**body, "stream": True}).text
    events = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    deltas = "".join(event["delta"] for event in events if event["type"] == "response.custom_tool_call_input.delta")
    (done,) = [event for event in events if event["type"] == "response.custom_tool_call_input.done"]
    assert deltas == done["input"] == item["input"]


@pytest.mark.parametrize("kind", ["web_search", "file_search", "code_interpreter", "mcp", "shell", "image_generation"])
def test_a_hosted_tool_is_refused_by_its_name(openai, kind):
    body = {"model": MODEL, "input": "Use it.", "tools": [{"type": kind}], "tool_choice": "required"}
    answer = openai.post("/responses", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "tools[0].type"
    assert kind in answer.json()["error"]["message"]


@pytest.mark.parametrize("endpoint", ["chat/completions", "responses"])
def test_a_schema_that_refers_to_itself_is_obeyed(openai, endpoint):
    described = {"name": "list", "schema": LIST_SCHEMA, "strict": True}
    if endpoint == "responses":
        body = {"model": MODEL, "input": "A list.", "text": {"format": {"type": "json_schema", **described}}}
        text = openai.post("/responses", json=body).json()["output"][0]["content"][0]["text"]
    else:
        messages = [{"role": "user", "content": "A list."}]
        form = {"type": "json_schema", "json_schema": described}
        body = {"model": MODEL, "messages": messages, "response_format": form}
        text = openai.post("/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    Draft202012Validator(LIST_SCHEMA).validate(json.loads(text))


def test_a_schema_without_an_end_is_refused(openai):
    endless = {
        "type": "object",
        "properties": {"more": {"$ref": "#"}},
        "required": ["more"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "endless", "schema": endless}}
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Go on."}], "response_format": form}
    answer = openai.post("/chat/completions", json=body)
    assert answer.status_code == 400
    assert "without an end" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"input": [{"type": "item_reference", "id": "msg_none"}]}, "input[0].id"),
        ({"conversation": "conv_none"}, "conversation"),
        ({"prompt": {"id": "pmpt_none"}}, "prompt"),
        ({"background": True, "store": False}, "background"),
    ],
)
def test_a_reference_to_what_is_not_stored_is_refused(openai, members, param):
    answer = openai.post("/responses", json={"model": MODEL, "input": "Hello.", **members})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": [tool("a"), tool("a")]}, "tools[1]"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
        (
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "tool", "tool_call_id": "x", "content": "y"}]},
            "messages[1].tool_call_id",
        ),
        ({"tools": [tool("a@b")]}, "tools[0].function.name"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "metadata"),
    ],
)
def test_members_that_do_not_go_together_are_refused(openai, changes, param):
    body = {"model": MODEL, "messages": [HELLO], **changes}
    answer = openai.post("/chat/completions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_stored_chats_are_listed_in_pages(openai):
    ids = []
    for number in range(3):
        body = {"model": MODEL, "messages": [{"role": "user", "content": f"Number {number}."}], "store": True}
        ids.append(openai.post("/chat/completions", json=body).json()["id"])
    first = openai.get("/chat/completions", params={"limit": 2}).json()
    assert ([chat["id"] for chat in first["data"]], first["has_more"]) == (ids[:2], True)
    rest = openai.get("/chat/completions", params={"limit": 2, "after": first["last_id"]}).json()
    assert ([chat["id"] for chat in rest["data"]], rest["has_more"]) == (ids[2:], False)
    newest = openai.get("/chat/completions", params={"limit": 1, "order": "desc"}).json()
    assert [chat["id"] for chat in newest["data"]] == ids[2:]
    assert openai.get("/chat/completions", params={"limit": 0}).status_code == 400


def test_ordinary_texts_vary_at_a_high_temperature(openai):
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Tell a story."}], "temperature": 1.6}
    texts = {openai.post("/chat/completions", json=body).json()["choices"][0]["message"]["content"] for _ in range(8)}
    assert len(texts) > 1
