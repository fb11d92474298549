"""Faults that only rare inputs reach: generated requests contain these, hand-written cases do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from wireproof.formats import json_pointer
from wireproof.mock.faults.conditional_errors import body_as_object, crash_on_body, refuse_requests
from wireproof.mock.faults.contract_changes import change_field
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.body_validation import JsonObject

# The last character of the plane with the emoji.
LAST_OF_EMOJI_PLANE = "\U0001ffff"
SINGLE_EMOJI = re.compile("[\U0001f300-\U0001faff]")
# The default recursion limit of serde_json.
MAX_PARSER_DEPTH = 128
HIGHEST_TEMPERATURE = 2
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{\]}]')


def all_texts(value: Any) -> Iterator[str]:
    """Yields every text of a JSON value at any depth, names of members included."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict | list):
            pending += [*item, *item.values()] if isinstance(item, dict) else item


def has_astral_text(body: JsonObject) -> bool:
    return any(character > LAST_OF_EMOJI_PLANE for text in all_texts(body) for character in text)


def has_emoji_tool(body: JsonObject) -> bool:
    """True if a tool or function has a name that is one emoji."""
    lists = [body.get(name) for name in ("tools", "functions")]
    offered = [entry for entries in lists if isinstance(entries, list) for entry in entries if isinstance(entry, dict)]
    functions = [entry.get("function") or entry.get("custom") or entry for entry in offered]
    names = [entry.get("name") for entry in functions if isinstance(entry, dict)]
    return any(isinstance(name, str) and SINGLE_EMOJI.fullmatch(name) for name in names)


def is_highest_with_fraction(received: HttpRequest) -> bool:
    """True if the temperature is the highest one, written 2.0 or as a power of ten."""
    temperature = body_as_object(received).get("temperature")
    return isinstance(temperature, float) and temperature == HIGHEST_TEMPERATURE


def fold_texts(value: Any) -> Any:
    """Returns a JSON value with each text in the normal form NFKC."""
    if isinstance(value, dict):
        return {name: fold_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [fold_texts(item) for item in value]
    return normalize("NFKC", value) if isinstance(value, str) else value


def hang_on_zero_choices(ops: Ops) -> Ops:
    """Withholds the refusal of `n: 0`."""
    return (WireOp("hang"),) if any(b"Invalid 'n': 0 is" in op.data for op in ops) else ops


def nesting_depth(body: bytes) -> int:
    """Returns the nesting depth of the arrays and objects of a body, well-formed or not."""
    deepest = depth = 0
    for token in STRING_OR_BRACKET.finditer(body):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def leak_path(answer: Answer, received: HttpRequest) -> Answer:
    """Adds a path of the server's code to the refusal of an object in place of a single value."""
    wrong = [name for name, value in body_as_object(received).items() if isinstance(value, dict)]
    if not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict) or not 400 <= answer.status < 500:
        return answer
    error = answer.value["error"]
    if not any(f"'{name}'" in error["message"] for name in wrong):
        return answer
    leaking = {**error, "message": f"{error['message']} (/srv/app/api/fields.py, line 212)"}
    return replace(answer, value={**answer.value, "error": leaking})


def number_calls(value: Any) -> Any:
    """Sets the ids of calls to their index in the answer, so that two answers share ids."""
    for place, call in list(json_pointer.find(value, "/choices/*/message/tool_calls/*")):
        value = json_pointer.edit(value, f"{place}/id", f"call_{place.rpartition('/')[2]}") if "id" in call else value
    for place, call in list(json_pointer.find(value, "/choices/*/delta/tool_calls/*")):
        value = json_pointer.edit(value, f"{place}/id", f"call_{call['index']}") if "id" in call else value
    return value


def name_calls_by_place(answer: Answer, received: HttpRequest) -> Answer:
    if isinstance(answer, PlainAnswer):
        return replace(answer, value=number_calls(answer.value)) if isinstance(answer.value, dict) else answer
    events = (
        replace(event, data=number_calls(event.data)) if isinstance(event.data, dict) else event
        for event in answer.events
    )
    return replace(answer, events=tuple(events))


HOOKS: Mapping[str, FaultHooks] = {
    "astral-crashes": crash_on_body(has_astral_text),
    "lone-emoji-tool-crashes": crash_on_body(has_emoji_tool),
    "unicode-folded": on_body(fold_texts),
    "n-zero-hangs": FaultHooks(on_wire=hang_on_zero_choices),
    "temperature-a-tenth-over": change_field("temperature", maximum=2.1),
    "highest-temperature-refused": refuse_requests(is_highest_with_fraction),
    "deep-nesting-kills": FaultHooks(kills_account=lambda received: nesting_depth(received.body) > MAX_PARSER_DEPTH),
    "path-leaked": FaultHooks(on_answer=leak_path),
    "call-ids-anew": FaultHooks(on_answer=name_calls_by_place),
}
