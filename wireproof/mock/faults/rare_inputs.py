"""Faults that only seldom requests meet: nobody writes these by hand, and generated requests come upon them."""

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
from wireproof.mock.faults.request_edits import JsonObject, on_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp

# The last character of the plane that holds the emoji.
LAST_OF_FIRST_PLANE = "\U0001ffff"
SINGLE_EMOJI = re.compile("[\U0001f300-\U0001faff]")
# A parser written in Rust follows an array or an object this deep, unless it is told otherwise.
MAX_PARSER_DEPTH = 128
HIGHEST_TEMPERATURE = 2
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{\]}]')


def all_texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value, however deep, names of members among them."""
    held = [value]
    while held:
        one = held.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            held += [*one, *one.values()] if isinstance(one, dict) else one


def has_astral_text(body: JsonObject) -> bool:
    return any(character > LAST_OF_FIRST_PLANE for text in all_texts(body) for character in text)


def has_emoji_tool(body: JsonObject) -> bool:
    """A tool or function whose name is one emoji."""
    given = [body.get(name) for name in ("tools", "functions")]
    offered = [one for several in given if isinstance(several, list) for one in several if isinstance(one, dict)]
    described = [one.get("function") or one.get("custom") or one for one in offered]
    names = [one.get("name") for one in described if isinstance(one, dict)]
    return any(isinstance(name, str) and SINGLE_EMOJI.fullmatch(name) for name in names)


def is_highest_with_fraction(received: HttpRequest) -> bool:
    """The highest temperature, written 2.0 or as a power of ten."""
    given = body_as_object(received).get("temperature")
    return isinstance(given, float) and given == HIGHEST_TEMPERATURE


def fold_texts(value: Any) -> Any:
    """A JSON value with each text in the form that takes characters of like meaning for one."""
    if isinstance(value, dict):
        return {name: fold_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [fold_texts(one) for one in value]
    return normalize("NFKC", value) if isinstance(value, str) else value


def hang_on_zero_choices(ops: Ops) -> Ops:
    """The refusal of no choices never leaves."""
    return (WireOp("hang"),) if any(b"Invalid 'n': 0 is" in op.data for op in ops) else ops


def nesting_depth(body: bytes) -> int:
    """How deep the arrays and objects of a body lie in each other, well-formed or not."""
    deepest = here = 0
    for found in STRING_OR_BRACKET.finditer(body):
        here += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(found[0], 0)
        deepest = max(deepest, here)
    return deepest


def leak_path(answer: Answer, received: HttpRequest) -> Answer:
    """The refusal of an object in place of a single value tells where in the code that was found."""
    wrong = [name for name, value in body_as_object(received).items() if isinstance(value, dict)]
    if not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict) or not 400 <= answer.status < 500:
        return answer
    error = answer.value["error"]
    if not any(f"'{name}'" in error["message"] for name in wrong):
        return answer
    told = {**error, "message": f"{error['message']} (/srv/app/api/fields.py, line 212)"}
    return replace(answer, value={**answer.value, "error": told})


def number_calls(value: Any) -> Any:
    """Calls are named by their place in an answer, so that the next answer has the same names."""
    for place, call in list(json_pointer.find(value, "/choices/*/message/tool_calls/*")):
        value = json_pointer.edit(value, f"{place}/id", f"call_{place.rpartition('/')[2]}") if "id" in call else value
    for place, call in list(json_pointer.find(value, "/choices/*/delta/tool_calls/*")):
        value = json_pointer.edit(value, f"{place}/id", f"call_{call['index']}") if "id" in call else value
    return value


def name_calls_by_place(answer: Answer, received: HttpRequest) -> Answer:
    if isinstance(answer, PlainAnswer):
        return replace(answer, value=number_calls(answer.value)) if isinstance(answer.value, dict) else answer
    events = (replace(one, data=number_calls(one.data)) if isinstance(one.data, dict) else one for one in answer.events)
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
