"""An answer shows an ability that its request asked for; a request, a refusal and an empty answer show none."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.judging.shown_abilities import COLOUR_CHECK, asked_abilities, found_abilities, shown_abilities
from wireproof.judging.suite_loader import load_checks

COLOUR = load_checks()[COLOUR_CHECK]
CASES = loading.load_cases()


def red_picture() -> str:
    """A data URL of a red PNG of one pixel."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\xff\0\0")))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


PICTURE = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": red_picture()}}]}]}
TOOLS = {"tools": [{"type": "function", "function": {"name": "look"}}]}
CALL = {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]}
CUSTOM_CALL = {"tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "look", "input": "up"}}]}
JSON_MODE = {"response_format": {"type": "json_object"}}


def answered(request: Any, body: Any, status: int = 200, case: str = "chat-basic", media: bytes = b"") -> Exchange:
    sent = Request("POST", "http://127.0.0.1:1/v1/chat/completions", body=json.dumps(request).encode())
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = ((b"Content-Type", media or b"application/json"),)
    return Exchange("t", case, "chat", 0, sent, status, headers=headers, reads=(BodyRead(0, raw),))


def streamed(*events: Any) -> Exchange:
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    return answered({}, body, media=b"text/event-stream")


def said(text: str | None = None, usage: Any = None, **members: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"content": text, **members}}], "usage": usage}


COUNTED = {"completion_tokens_details": {"reasoning_tokens": 3}}
UNCOUNTED = {"completion_tokens_details": {"reasoning_tokens": 0}}


@pytest.mark.parametrize(
    ("exchange", "shown"),
    [
        pytest.param(answered({}, said("4", COUNTED)), {"reasoning"}, id="reasoning-tokens"),
        pytest.param(answered({}, said("4", UNCOUNTED)), set(), id="no-reasoning-tokens"),
        pytest.param(answered({}, said("4", reasoning_content="2 + 2")), {"reasoning"}, id="reasoning-content"),
        pytest.param(answered({}, said("4", reasoning="2 + 2")), {"reasoning"}, id="reasoning-member"),
        pytest.param(answered({}, said("4", reasoning_content=" ")), set(), id="blank-reasoning"),
        pytest.param(answered({}, {"output": [{"type": "reasoning"}]}), {"reasoning"}, id="reasoning-item"),
        pytest.param(
            streamed({"choices": [{"index": 0, "delta": {"reasoning_content": "2"}}]}), {"reasoning"}, id="delta"
        ),
        pytest.param(
            streamed({"type": "response.output_item.added", "item": {"type": "reasoning"}}), {"reasoning"}, id="event"
        ),
        pytest.param(answered({"reasoning_effort": "high"}, said("4")), set(), id="asked-to-reason-in-vain"),
        pytest.param(answered(TOOLS, said(None, **CALL)), {"tools"}, id="call"),
        pytest.param(answered(TOOLS, said(None, **CUSTOM_CALL)), {"tools"}, id="call-of-a-custom-tool"),
        pytest.param(
            answered(TOOLS, {"output": [{"type": "custom_tool_call"}]}), {"tools"}, id="custom-call-of-a-response"
        ),
        pytest.param(answered(TOOLS, said("I would look.")), set(), id="text-in-place-of-a-call"),
        pytest.param(answered({}, said(None, **CALL)), set(), id="call-without-tools"),
        pytest.param(answered(PICTURE, said("It is Red.")), {"vision"}, id="colour"),
        pytest.param(answered(PICTURE, said("It is blue.")), set(), id="wrong-colour"),
        pytest.param(answered({}, said("It is red.")), set(), id="colour-without-picture"),
        pytest.param(answered(PICTURE, {"error": {}}, 400), set(), id="refused-picture"),
        pytest.param(answered(JSON_MODE, said('{"a": 1}')), {"JSON"}, id="json"),
        pytest.param(answered(JSON_MODE, said("a is 1")), set(), id="text-in-place-of-json"),
        pytest.param(answered({}, said('{"a": 1}')), set(), id="json-without-its-mode"),
        pytest.param(answered(JSON_MODE, b"<html>"), set(), id="no-answer"),
    ],
)
def test_an_answer_shows_abilities(exchange: Exchange, shown: set[str]) -> None:
    assert shown_abilities(exchange, COLOUR) == shown


@pytest.mark.parametrize(
    ("request_body", "asked"),
    [
        pytest.param({"reasoning_effort": "low"}, {"reasoning"}, id="effort"),
        pytest.param({"reasoning_effort": "none"}, set(), id="no-effort"),
        pytest.param({"reasoning": {"effort": "low"}}, {"reasoning"}, id="effort-of-a-response"),
        pytest.param({"reasoning_split": False}, set(), id="split-off"),
        pytest.param(TOOLS, {"tools"}, id="tools"),
        pytest.param({**TOOLS, "tool_choice": "none"}, set(), id="no-tool-wanted"),
        pytest.param(PICTURE, {"vision"}, id="picture"),
        pytest.param({"text": {"format": {"type": "json_schema"}}}, {"JSON"}, id="schema-of-a-response"),
        pytest.param([], set(), id="no-object"),
    ],
)
def test_a_request_asks_for_abilities(request_body: Any, asked: set[str]) -> None:
    assert asked_abilities(answered(request_body, {})) == asked


def test_abilities_are_those_of_one_model_in_cases_that_are_to_be_served() -> None:
    mine, other = {"model": "m", **JSON_MODE}, {"model": "other", **TOOLS}
    refused = next(case.name for case in CASES.values() if case.refused)
    exchanges = [
        answered(mine, said("no")),
        answered(mine, said('{"a": 1}')),
        answered({"model": "m", **PICTURE}, {}, 400, "vision-colour"),
        answered(other, said(None, **CALL)),
        answered({"model": "m", "reasoning_effort": "x"}, {}, 400, refused),
    ]
    found = found_abilities("m", exchanges, CASES, COLOUR)
    assert (found.shown, found.not_shown) == (("JSON",), ("vision",))
