"""Converts the input of a response, text or items, to a conversation."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.mock.endpoints.chat_rules import check_messages, part_type
from wireproof.mock.model.conversation import ChatLine, Conversation, conversation_from_messages, text_from_content
from wireproof.mock.model.vision import colours_of_pictures
from wireproof.mock.provider.body_validation import JsonObject, missing_field, out_of_range, wrong_type
from wireproof.mock.provider.refusals import RequestRefused
from wireproof.mock.provider.request_rules import BodyRules

# The items of a call, and of its output.
CALLS = ("function_call", "custom_tool_call")
CALL_OUTPUTS = ("function_call_output", "custom_tool_call_output")


def conversation_from_input(body: JsonObject, rules: BodyRules, earlier_calls: Sequence[str] = ()) -> Conversation:
    """Returns the conversation in the input or, if the contract allows them, in the messages.

    Args:
        earlier_calls: the ids of the calls of the response that the request continues.
    """
    name = input_member(body)
    value = body[name]
    if name == "messages":
        check_messages(value, rules)
        return conversation_from_messages(value)
    instructions = [ChatLine("system", body["instructions"])] if body.get("instructions") else []
    if isinstance(value, str):
        check_calls_answered((), earlier_calls if rules.strict else ())
        return Conversation((*instructions, ChatLine("user", value)))
    check_call_outputs(value, earlier_calls)
    if rules.strict:
        check_calls_answered(value, earlier_calls)
    return Conversation(
        (*instructions, *(line_from_item(item, f"{name}[{index}]", rules) for index, item in enumerate(value)))
    )


def input_member(body: JsonObject) -> str:
    """The one member that holds the conversation; raises RequestRefused if there are two or none."""
    if "input" in body and "messages" in body:
        raise RequestRefused("both-inputs", "Give either 'input' or 'messages', not both.", param="messages")
    if "input" not in body and "messages" not in body:
        raise missing_field("input")
    name = "input" if "input" in body else "messages"
    if not body[name]:
        raise out_of_range(name, f"Invalid '{name}': empty.")
    return name


def check_call_outputs(items: Sequence[Any], earlier_calls: Sequence[str]) -> None:
    """Refuses the output of a function call that is neither before it in the input nor in an earlier response."""
    call_ids: list[Any] = list(earlier_calls)
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            continue
        if item.get("type") in CALLS:
            call_ids.append(item.get("call_id"))
        if item.get("type") in CALL_OUTPUTS and item.get("call_id") not in call_ids:
            message = f"No tool call found for function call output with call_id {item.get('call_id')}."
            raise out_of_range(f"input[{index}].call_id", message)


def check_calls_answered(items: Sequence[Any], earlier_calls: Sequence[str]) -> None:
    """Refuses a call, of the input or of the response that it continues, that no output answers."""
    given = [item for item in items if isinstance(item, Mapping)]
    called = [*earlier_calls, *(item.get("call_id") for item in given if item.get("type") in CALLS)]
    answered = [item.get("call_id") for item in given if item.get("type") in CALL_OUTPUTS]
    for call_id in called:
        if call_id not in answered:
            raise out_of_range("input", f"No tool output found for function call {call_id}.")


def line_from_item(item: Any, place: str, rules: BodyRules) -> ChatLine:
    """Returns one item of the input as a line of the conversation."""
    if not isinstance(item, Mapping):
        raise wrong_type(place, "object")
    kind = item.get("type", "message")
    if kind in CALL_OUTPUTS:
        return ChatLine("tool", text_from_content(item.get("output")))
    if kind in CALLS:
        return ChatLine("assistant", "", called=(item["name"],))
    if kind == "compaction":
        return ChatLine("assistant", read_summary(item, place))
    if kind != "message":
        return ChatLine("assistant", "")
    if not isinstance(item.get("role"), str):
        raise missing_field(f"{place}.role")
    if item["role"] not in rules.roles:
        raise unexpected_value(f"{place}.role", item["role"], rules.roles)
    return ChatLine(item["role"], *read_content(item, f"{place}.content", rules))


def read_summary(item: Mapping[str, Any], place: str) -> str:
    """The text of the model before the conversation was compacted."""
    try:
        return base64.b64decode(str(item["encrypted_content"]), validate=True).decode()
    except KeyError:
        raise missing_field(f"{place}.encrypted_content") from None
    except ValueError:
        raise out_of_range(f"{place}.encrypted_content", "The encrypted content cannot be read.") from None


def read_content(item: Mapping[str, Any], place: str, rules: BodyRules) -> tuple[str, tuple[str, ...]]:
    """The text of a message, and the colours of its pictures."""
    content = item.get("content")
    if not isinstance(content, str | list):
        raise (missing_field(place) if "content" not in item else wrong_type(place, "string or array"))
    for index, part in enumerate(content if isinstance(content, list) else ()):
        check_input_part(part, f"{place}[{index}]", rules)
    return text_from_content(content), colours_of_pictures(content, place)


def unexpected_value(place: str, value: Any, allowed: Sequence[str]) -> RequestRefused:
    return out_of_range(place, f"Invalid '{place}': {value!r}, expected one of {list(allowed)}.")


def check_input_part(part: Any, place: str, rules: BodyRules) -> None:
    kind = part_type(part, place)
    if kind not in rules.content_parts:
        raise unexpected_value(f"{place}.type", kind, rules.content_parts)
    if kind.endswith("text") and not isinstance(part.get("text"), str):
        raise wrong_type(f"{place}.text", "string")
