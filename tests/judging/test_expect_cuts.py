"""Answers that say that the token cap cut them off: the evidence, and what they decide nevertheless."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.judging.check import Undecided, Violation
from wireproof.judging.expect_cuts import CALL_MARKS, OBJECT_MARKS, reached_cap, undecided_if_cut
from wireproof.judging.suite_loader import load_checks

TOOLS = {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required"}
TALK = "It is sunny, hot and dry. " * 20


def sent(request: Any, body: bytes, content_type: str = "application/json") -> Exchange:
    headers = ((b"Content-Type", content_type.encode()),)
    ask = Request("POST", "http://h/", (), json.dumps(request).encode())
    return Exchange("t", "c", "chat", 0, ask, status=200, headers=headers, reads=(BodyRead(0, body),))


def chat(text: Any, count: int | None = None, *, cap: int = 64, finish: str = "length", **message: Any) -> Exchange:
    usage = (
        {} if count is None else {"usage": {"prompt_tokens": 9, "completion_tokens": count, "total_tokens": 9 + count}}
    )
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return sent({"max_tokens": cap, **TOOLS}, json.dumps({"choices": [choice], **usage}).encode())


def stream(texts: Iterable[str], *, cap: int = 64) -> Exchange:
    choices = [{"index": 0, "delta": {"content": text}} for text in texts]
    choices.append({"index": 0, "delta": {}, "finish_reason": "length"})
    events = (f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
    return sent({"max_tokens": cap, **TOOLS}, "".join(events).encode(), "text/event-stream")


def response(text: str, count: int, *, cap: int = 64) -> Exchange:
    part = {"type": "output_text", "text": text}
    body = {
        "status": "incomplete",
        "output": [{"type": "message", "content": [part]}],
        "usage": {"output_tokens": count},
    }
    return sent({"max_output_tokens": cap, **TOOLS}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("exchange", "reached"),
    [
        pytest.param(chat(TALK, 64), True, id="by-the-count"),
        pytest.param(chat(TALK, 63), True, id="by-the-count-but-one"),
        pytest.param(chat("Four", 4, cap=5), True, id="a-small-cap-but-one"),
        pytest.param(chat(TALK), True, id="by-the-size-where-nothing-is-counted"),
        pytest.param(chat("", 64), True, id="by-reasoning-that-is-counted"),
        pytest.param(stream(["a"] * 64), True, id="by-the-chunks"),
        pytest.param(response(TALK, 64), True, id="a-response"),
        pytest.param(chat("It is", 2), False, id="a-count-far-below"),
        pytest.param(chat("", 2), False, id="no-text-and-a-count-far-below"),
        pytest.param(chat("It is"), False, id="too-little-text"),
        pytest.param(stream(["a"] * 5), False, id="too-few-chunks"),
        pytest.param(response("It is", 2), False, id="a-response-far-below"),
        pytest.param(chat(TALK, 64, finish="stop"), False, id="an-end-of-its-own"),
    ],
)
def test_the_cap_is_reached_only_with_evidence(exchange: Exchange, reached: bool) -> None:
    assert reached_cap(exchange) is reached


@pytest.mark.parametrize(
    ("exchange", "begins", "excused"),
    [
        pytest.param(chat(TALK, 64), "", True, id="any-text"),
        pytest.param(chat('{"city": "Par', 64), OBJECT_MARKS, True, id="an-object-that-began"),
        pytest.param(chat("\n <tool_call>{", 64), CALL_MARKS, True, id="a-call-in-markup"),
        pytest.param(chat("", 64), CALL_MARKS, True, id="hidden-reasoning"),
        pytest.param(chat("\n\n\n\n", 64, reasoning_content="Hmm"), CALL_MARKS, True, id="shown-reasoning"),
        pytest.param(chat("\n", 1, cap=1), "", True, id="a-blank-under-the-least-cap"),
        pytest.param(chat(TALK, 64), CALL_MARKS, False, id="prose-in-place-of-a-call"),
        pytest.param(chat(TALK, 64), OBJECT_MARKS, False, id="prose-in-place-of-an-object"),
        pytest.param(response(TALK, 64), CALL_MARKS, False, id="prose-in-a-response"),
        pytest.param(chat("\n" * 64, 64), "", False, id="blanks"),
        pytest.param(chat('{"city"' + "\n" * 50, 64), OBJECT_MARKS, False, id="an-object-that-goes-on-in-blanks"),
        pytest.param(chat("It is", 2), "", False, id="no-evidence-of-the-cap"),
    ],
)
def test_what_a_cut_answer_decides(exchange: Exchange, begins: str, excused: bool) -> None:
    if excused:
        with pytest.raises(Undecided):
            undecided_if_cut(exchange, begins=begins)
    else:
        undecided_if_cut(exchange, begins=begins)


@pytest.mark.parametrize(
    ("check", "exchange"),
    [
        ("tools.called", chat(TALK, 64)),
        ("tools.called", stream(["talk "] * 64)),
        ("responses.called", response(TALK, 64)),
    ],
)
def test_chat_and_responses_agree_about_talk_in_place_of_a_call(check: str, exchange: Exchange) -> None:
    with pytest.raises(Violation):
        load_checks()[check].function(exchange)
