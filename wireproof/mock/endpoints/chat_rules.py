"""The rules for the messages of a conversation, and for the members that depend on each other."""

from __future__ import annotations

from typing import Any

from wireproof.mock.model.vision import check_image
from wireproof.mock.provider.body_validation import JsonObject, is_number, missing_field, out_of_range, wrong_type
from wireproof.mock.provider.request_rules import BodyRules

TOOL_CHOICES = ("none", "auto", "required")
RESPONSE_FORMATS = ("text", "json_object", "json_schema")


def check_messages(messages: list[Any], rules: BodyRules) -> None:
    for index, message in enumerate(messages):
        check_message(message, f"messages[{index}]", rules)


def check_message(message: Any, place: str, rules: BodyRules) -> None:
    if not isinstance(message, dict):
        raise wrong_type(place, "object")
    role = message.get("role")
    if role is None:
        raise missing_field(f"{place}.role")
    if not isinstance(role, str):
        raise wrong_type(f"{place}.role", "string")
    if role not in rules.roles:
        raise out_of_range(f"{place}.role", f"Invalid value {role!r}: expected one of {list(rules.roles)}.")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise missing_field(f"{place}.tool_call_id")
    check_content(message, place, rules)


def check_content(message: JsonObject, place: str, rules: BodyRules) -> None:
    content = message.get("content")
    if content is None:
        if message["role"] == "assistant" and (message.get("tool_calls") or message.get("function_call")):
            return
        raise (
            missing_field(f"{place}.content") if "content" not in message else wrong_type(f"{place}.content", "string")
        )
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(f"{place}.content", "string or array")
    for index, part in enumerate(content):
        check_message_part(part, f"{place}.content[{index}]", rules)


def part_type(part: Any, place: str) -> Any:
    """The type that a content part names; raises RequestRefused if the part is no object or names none."""
    if not isinstance(part, dict):
        raise wrong_type(place, "object")
    if part.get("type") is None:
        raise missing_field(f"{place}.type")
    return part["type"]


def check_message_part(part: Any, place: str, rules: BodyRules) -> None:
    kind = part_type(part, place)
    if kind not in rules.content_parts:
        raise out_of_range(f"{place}.type", f"Invalid value {kind!r}: expected one of {list(rules.content_parts)}.")
    if kind == "text" and not isinstance(part.get("text"), str):
        raise wrong_type(f"{place}.text", "string")
    if kind == "image_url":
        check_image(part, place)


def check_stop(body: JsonObject) -> None:
    for item in body.get("stop", ()):
        if not isinstance(item, str):
            raise wrong_type("stop", "an array of strings")


def check_tools(body: JsonObject) -> None:
    for index, tool in enumerate(body.get("tools", ())):
        kind = tool_kind(tool)
        described = tool.get(kind) if isinstance(tool, dict) else None
        if not isinstance(described, dict):
            raise missing_field(f"tools[{index}].{kind}")
        if not isinstance(described.get("name"), str) or not described["name"]:
            raise missing_field(f"tools[{index}].{kind}.name")
        if not isinstance(described.get("parameters", {}), dict):
            raise wrong_type(f"tools[{index}].{kind}.parameters", "object")
    check_tool_choice(body)


def tool_kind(tool: Any) -> str:
    """The member that describes a tool."""
    return "custom" if isinstance(tool, dict) and tool.get("type") == "custom" else "function"


def check_tool_choice(body: JsonObject) -> None:
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, str) and choice not in TOOL_CHOICES:
        raise out_of_range("tool_choice", f"Invalid value {choice!r}: expected one of {list(TOOL_CHOICES)}.")
    if choice not in ("none", "auto") and not body.get("tools"):
        raise out_of_range("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        check_allowed_tools(choice.get("allowed_tools"))
    elif isinstance(choice, dict):
        described = choice.get(tool_kind(choice))
        name = described.get("name") if isinstance(described, dict) else None
        if name not in [tool[tool_kind(tool)]["name"] for tool in body["tools"]]:
            raise out_of_range("tool_choice", f"Tool choice {name!r} is not among the tools.")


def check_allowed_tools(allowed_tools: Any) -> None:
    """Refuses a choice among some tools that lacks its mode or the names of its functions."""
    if not isinstance(allowed_tools, dict) or allowed_tools.get("mode") not in ("auto", "required"):
        raise out_of_range("tool_choice.allowed_tools.mode", "Expected one of ['auto', 'required'].")
    tools = allowed_tools.get("tools")
    functions = [tool.get("function") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    if not functions or not all(
        isinstance(function, dict) and isinstance(function.get("name"), str) for function in functions
    ):
        raise out_of_range("tool_choice.allowed_tools.tools", "Expected an array of functions by name.")


def check_functions(body: JsonObject) -> None:
    """Refuses functions of the older form without a name, and a choice that names none of them."""
    functions = body.get("functions", ())
    for index, function in enumerate(functions):
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise missing_field(f"functions[{index}].name")
        if not isinstance(function.get("parameters", {}), dict):
            raise wrong_type(f"functions[{index}].parameters", "object")
    choice = body.get("function_call", "auto")
    chosen = choice.get("name") if isinstance(choice, dict) else choice
    if chosen not in (("none", "auto") if isinstance(choice, str) else [function["name"] for function in functions]):
        raise out_of_range("function_call", f"Invalid value {chosen!r} for 'function_call'.")


def check_response_format(body: JsonObject, *, strict: bool) -> None:
    response_format = body.get("response_format")
    if response_format is None:
        return
    kind = response_format.get("type")
    if kind not in RESPONSE_FORMATS:
        raise out_of_range("response_format.type", f"Invalid value {kind!r}: expected one of {list(RESPONSE_FORMATS)}.")
    if kind == "json_schema":
        check_schema(response_format.get("json_schema"), strict=strict)
    if kind == "json_object" and strict and "json" not in repr(body["messages"]).lower():
        raise out_of_range("messages", "'messages' must contain the word 'json' to use the format 'json_object'.")


def check_schema(described: Any, *, strict: bool) -> None:
    if not isinstance(described, dict):
        raise missing_field("response_format.json_schema")
    if not isinstance(described.get("name"), str):
        raise missing_field("response_format.json_schema.name")
    if not isinstance(described.get("schema", {}), dict):
        raise wrong_type("response_format.json_schema.schema", "object")
    if strict and described.get("strict"):
        check_strict_schema(described.get("schema"))


def check_strict_schema(schema: Any) -> None:
    """Refuses objects of a strict schema that are open or have optional members."""
    if not isinstance(schema, dict):
        return
    if isinstance(members := schema.get("properties"), dict):
        is_closed = schema.get("additionalProperties") is False
        if not is_closed or set(schema.get("required", ())) != set(members):
            raise out_of_range("response_format", "A strict schema closes its objects and requires every member.")
        for member in members.values():
            check_strict_schema(member)
    check_strict_schema(schema.get("items"))


def check_logit_bias(body: JsonObject) -> None:
    """Refuses a bias outside -100 to 100, or of a key that is no token."""
    for token, value in body.get("logit_bias", {}).items():
        if not token.isdecimal() or not is_number(value) or not -100 <= value <= 100:
            raise out_of_range("logit_bias", f"Invalid bias {value!r} of the token {token!r}.")


def check_dependent_members(body: JsonObject, *, strict: bool) -> None:
    """Refuses members that need another member."""
    if body.get("top_logprobs") is not None and not body.get("logprobs") and strict:
        raise out_of_range("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.")
    if body.get("stream_options") is not None and not body.get("stream") and strict:
        raise out_of_range("stream_options", "'stream_options' is only allowed when 'stream' is true.")


def check_chat(body: JsonObject, rules: BodyRules) -> None:
    """Refuses a chat request with members of the right type but the wrong form."""
    strict = rules.refuses_unknown
    check_messages(body["messages"], rules)
    check_stop(body)
    check_tools(body)
    check_functions(body)
    check_logit_bias(body)
    check_response_format(body, strict=strict)
    check_dependent_members(body, strict=strict)
