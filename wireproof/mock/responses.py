"""The Responses API: one request understood, answered whole or as an event stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.mock import validate
from wireproof.mock.answer import Ask, speak_once
from wireproof.mock.conversation import Conversation, Line, prompt_tokens, text_of
from wireproof.mock.draw import Draw
from wireproof.mock.endpoint import Visit, cap_of, model_for
from wireproof.mock.response_events import events
from wireproof.mock.response_object import Response
from wireproof.mock.rules import RequestRules
from wireproof.mock.said import Answer, Said, Told
from wireproof.mock.tools import Choice, Tool
from wireproof.mock.usage import response_usage
from wireproof.mock.validate import Body, out_of_range, required, wrong_type

# The request's members as OpenAI publishes them, for a profile that offers the endpoint without a table.
RULES = RequestRules.from_mapping(
    {
        "unknown_fields": "refuse",
        "token_cap": "max_output_tokens",
        "roles": ["developer", "system", "user", "assistant"],
        "fields": {
            "model": {"type": "string", "required": True},
            "input": {"type": ["string", "array"], "required": True, "min_items": 1},
            "instructions": {"type": "string", "nullable": True},
            "stream": {"type": "boolean", "nullable": True},
            "temperature": {"type": "number", "minimum": 0, "maximum": 2, "nullable": True},
            "top_p": {"type": "number", "minimum": 0, "maximum": 1, "nullable": True},
            "max_output_tokens": {"type": "integer", "minimum": 1, "nullable": True},
            "tools": {"type": "array"},
            "tool_choice": {"type": ["string", "object"]},
            "parallel_tool_calls": {"type": "boolean", "nullable": True},
            "text": {"type": "object"},
            "top_logprobs": {"type": "integer", "minimum": 0, "maximum": 20, "nullable": True},
            "previous_response_id": {"type": "string", "nullable": True},
            **{
                name: {"type": "object", "nullable": True}
                for name in ("metadata", "reasoning", "stream_options", "prompt")
            },
            **{name: {"type": "boolean", "nullable": True} for name in ("store", "background")},
            **{
                name: {"type": "string", "nullable": True}
                for name in ("user", "service_tier", "truncation", "safety_identifier", "prompt_cache_key")
            },
            "include": {"type": "array", "nullable": True},
            "max_tool_calls": {"type": "integer", "nullable": True},
        },
    }
)


def responses(visit: Visit, given: Body) -> Answer:
    """The answer to a request of the Responses API."""
    offered = visit.profile.rules("responses")
    rules = offered if offered.fields else RULES
    body = validate.fields(given, rules)
    conversation = conversation_of(body, rules.roles)
    check_tools(body.get("tools", ()))
    model_for(visit, body["model"], "chat")
    if "previous_response_id" in body:
        raise out_of_range("previous_response_id", "There is no stored response of this id.")
    response = understood(visit, body, conversation)
    if body.get("stream"):
        return Told(200, events(response), tokens=response.usage["total_tokens"])
    return Said(200, response.whole())


def understood(visit: Visit, body: Body, conversation: Conversation) -> Response:
    draw = Draw.of(body["model"], body["input"], body.get("instructions"))
    wanted = body.get("text", {}).get("format", {})
    spoken = speak_once(
        Ask(
            conversation=conversation,
            draw=draw,
            tools=tuple(Tool.from_mapping(tool) for tool in body.get("tools", ()) if tool.get("type") == "function"),
            choice=choice_of(body),
            format=wanted.get("type", "text"),
            schema=wanted.get("schema"),
            cap=cap_of(body, "max_output_tokens"),
        ),
        0,
    )
    usage = response_usage(prompt_tokens(conversation, body.get("tools")), spoken.size)
    return Response(visit.id("resp_", draw), visit.created, body, spoken, usage, draw)


def choice_of(body: Body) -> Choice:
    given, parallel = body.get("tool_choice", "auto"), body.get("parallel_tool_calls", True)
    if isinstance(given, dict):
        return Choice("named", given.get("name"), parallel)
    return Choice(given, None, parallel)


def conversation_of(body: Body, roles: Sequence[str]) -> Conversation:
    given = body["input"]
    first = [Line("system", body["instructions"])] if body.get("instructions") else []
    if isinstance(given, str):
        return Conversation((*first, Line("user", given)))
    return Conversation((*first, *(line_of(item, f"input[{place}]", roles) for place, item in enumerate(given))))


def line_of(item: Any, place: str, roles: Sequence[str]) -> Line:
    """One item of the input as a line of the conversation."""
    if not isinstance(item, Mapping):
        raise wrong_type(place, "object")
    kind = item.get("type", "message")
    if kind == "function_call_output":
        return Line("tool", text_of(item.get("output")))
    if kind != "message":
        return Line("assistant", "")
    if not isinstance(item.get("role"), str):
        raise required(f"{place}.role")
    if item["role"] not in (roles or ("user", "assistant", "system", "developer")):
        raise out_of_range(f"{place}.role", f"Invalid value {item['role']!r}.")
    if not isinstance(item.get("content"), str | list):
        raise (required(f"{place}.content") if "content" not in item else wrong_type(f"{place}.content", "string"))
    return Line(item["role"], text_of(item["content"]))


def check_tools(tools: Sequence[Any]) -> None:
    for place, tool in enumerate(tools):
        if not isinstance(tool, Mapping):
            raise wrong_type(f"tools[{place}]", "object")
        if tool.get("type") == "function" and not isinstance(tool.get("name"), str):
            raise required(f"tools[{place}].name")
