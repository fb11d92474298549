"""The rules for the messages of a conversation, and for the members that depend on each other."""

from __future__ import annotations

from typing import Any

from wireproof.mock.model.vision import check_image
from wireproof.mock.provider.body_validation import (
    JsonObject,
    invalid,
    is_number,
    missing_field,
    out_of_range,
    wrong_type,
)
from wireproof.mock.provider.request_rules import BodyRules


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
        raise invalid(f"{place}.role", f"{role!r}, expected one of {list(rules.roles)}.")
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
        raise invalid(f"{place}.type", f"{kind!r}, expected one of {list(rules.content_parts)}.")
    if kind == "text" and not isinstance(part.get("text"), str):
        raise wrong_type(f"{place}.text", "string")
    if kind == "image_url":
        check_image(part, place)


def check_tool_names(body: JsonObject) -> None:
    """Refuses two tools of one name."""
    names = [tool[tool_kind(tool)]["name"] for tool in body.get("tools", ())]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise invalid(f"tools[{index}]", f"the name {name!r} occurs twice.")


def check_answers_to_calls(messages: list[JsonObject]) -> None:
    """Refuses an answer to a call that nobody made, and a call without an answer before the next message."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise invalid(f"messages[{index}].tool_call_id", "no call before it has this id.")
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            raise invalid(f"messages[{index}].role", f"the calls {waiting} are not answered.")
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    if waiting:
        raise invalid(f"messages[{len(messages) - 1}].tool_calls", f"the calls {waiting} are not answered.")


def tool_kind(tool: JsonObject) -> str:
    """The member that describes a tool, or a choice of one."""
    return "custom" if tool.get("type") == "custom" else "function"


def check_tool_choice(body: JsonObject) -> None:
    """Refuses a choice that needs a tool which the request does not describe."""
    choice = body.get("tool_choice", "auto")
    if choice not in ("none", "auto") and not body.get("tools"):
        raise out_of_range("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
    if isinstance(choice, dict) and choice["type"] != "allowed_tools":
        name = choice[tool_kind(choice)]["name"]
        if name not in [tool[tool_kind(tool)]["name"] for tool in body["tools"]]:
            raise invalid("tool_choice", f"{name!r} is not among the tools.")


def check_function_choice(body: JsonObject) -> None:
    """Refuses a choice of the older form that names none of the functions."""
    choice = body.get("function_call", "auto")
    chosen = choice.get("name") if isinstance(choice, dict) else choice
    names = [function["name"] for function in body.get("functions", ())]
    if chosen not in (("none", "auto") if isinstance(choice, str) else names):
        raise invalid("function_call", f"{chosen!r} is not among the functions.")


def check_response_format(body: JsonObject) -> None:
    """Refuses a strict schema that is not strict, and a JSON object of which the messages say nothing."""
    response_format = body.get("response_format", {})
    if response_format.get("type") == "json_schema" and response_format["json_schema"].get("strict"):
        check_strict_root(response_format["json_schema"].get("schema"))
    if response_format.get("type") == "json_object" and "json" not in repr(body["messages"]).lower():
        raise out_of_range("messages", "'messages' must contain the word 'json' to use the format 'json_object'.")


def check_strict_root(schema: Any) -> None:
    """Refuses a strict schema whose root is no object."""
    if not isinstance(schema, dict) or schema.get("type") != "object" or "anyOf" in schema:
        raise invalid("response_format", "the root of a strict schema is an object.")
    check_strict_schema(schema)


def check_strict_schema(schema: Any) -> None:
    """Refuses objects of a strict schema that are open or have optional members."""
    if not isinstance(schema, dict):
        return
    if isinstance(members := schema.get("properties"), dict):
        is_closed = schema.get("additionalProperties") is False
        if not is_closed or set(schema.get("required", ())) != set(members):
            raise invalid("response_format", "a strict schema closes its objects and requires every member.")
        for member in members.values():
            check_strict_schema(member)
    check_strict_schema(schema.get("items"))
    for part in (*schema.get("anyOf", ()), *schema.get("$defs", {}).values()):
        check_strict_schema(part)


def check_logit_bias(body: JsonObject) -> None:
    """Refuses a bias outside -100 to 100, or of a key that is no token."""
    for token, value in body.get("logit_bias", {}).items():
        if not token.isdecimal() or not is_number(value) or not -100 <= value <= 100:
            raise invalid("logit_bias", f"{value!r} for the token {token!r}.")


def check_dependent_members(body: JsonObject) -> None:
    """Refuses members that need another member, or exclude it."""
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise out_of_range("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise out_of_range("stream_options", "'stream_options' is only allowed when 'stream' is true.")
    if body.get("parallel_tool_calls") is not None and not body.get("tools"):
        raise out_of_range("parallel_tool_calls", "'parallel_tool_calls' is only allowed when 'tools' are specified.")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise out_of_range("max_tokens", "'max_tokens' and 'max_completion_tokens' cannot both be set.")


def check_chat(body: JsonObject, rules: BodyRules) -> None:
    """Refuses a chat request with members of the right form that do not go together."""
    check_messages(body["messages"], rules)
    check_tool_choice(body)
    check_function_choice(body)
    check_logit_bias(body)
    if rules.strict:
        check_tool_names(body)
        check_answers_to_calls(body["messages"])
        check_response_format(body)
        check_dependent_members(body)
