"""The items of the input of a response, as they are stored and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.provider.body_validation import JsonObject

# The type of an item → the prefix of an id that the server gives it.
ID_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
    "compaction": "cmp",
}


def items_from_input(value: str | Sequence[JsonObject], stored: Mapping[str, JsonObject], id: str) -> list[JsonObject]:
    """Returns the input as items, each with its type and its id.

    Args:
        stored: the stored items by id, to which the input may refer.
        id: the id of the response.
    """
    given = [{"role": "user", "content": value}] if isinstance(value, str) else value
    return [whole_item(item, stored, f"{id}-{index}") for index, item in enumerate(given)]


def whole_item(item: JsonObject, stored: Mapping[str, JsonObject], seed: str) -> JsonObject:
    if item.get("type") == "item_reference":
        return stored[item["id"]]
    kind = item.get("type") or "message"
    item_id = f"{ID_PREFIXES.get(kind, 'item')}_{HashRandom.from_values('input item', seed).hex(24)}"
    whole = {"id": item_id, "status": "completed", **item, "type": kind}
    if kind == "message" and isinstance(item.get("content"), str):
        part = "output_text" if item["role"] == "assistant" else "input_text"
        whole["content"] = [{"type": part, "text": item["content"]}]
    return whole
