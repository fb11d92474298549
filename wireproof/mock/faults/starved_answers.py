"""Legal variants whose reasoning, shown or hidden, uses up the token cap, so that no text is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wireproof.mock.faults.answer_places import edit_any_answer, edit_every_chunk, edit_whole_answer
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.legal_variants import only_for_provider, unless_stored
from wireproof.mock.faults.stream_edits import Events, is_json
from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest

CAP_IN_BODY = re.compile(rb'"max(?:_completion|_output)?_tokens": ?(\d+)')
CHOICES_IN_BODY = re.compile(rb'"n": ?(\d+)')
SMALL_CAP = 300


def small_cap(received: HttpRequest) -> int | None:
    """The token cap of a chat if reasoning alone can use it up; else None."""
    cap = min((int(cap) for cap in CAP_IN_BODY.findall(received.body)), default=None)
    return cap if cap is not None and cap <= SMALL_CAP else None


def spend_cap_on_reasoning(empty: str | None) -> FaultHooks:
    """Hooks that use up a small cap on reasoning: no text, and the finish_reason length."""

    def change_value(value: Any, cap: int) -> Any:
        choices = value.get("choices", ()) if isinstance(value, dict) else ()
        starved = [choice for choice in choices if is_text(choice)]
        for choice in starved:
            choice["finish_reason"] = "length"
            choice["message"]["content"] = empty
        if starved:
            count_whole_cap(value.get("usage"), cap * len(starved))
        return value

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        cap = small_cap(received)
        return answer if cap is None else edit_whole_answer(answer, lambda value: change_value(value, cap))

    return FaultHooks(on_answer=change_answer)


def is_text(choice: Mapping[str, Any]) -> bool:
    return choice.get("finish_reason") in ("stop", "length") and "content" in (choice.get("message") or {})


def count_whole_cap(usage: Any, cap: int) -> None:
    """Counts the whole cap as used up by the reasoning, beside the tokens of other choices."""
    if isinstance(usage, dict):
        used = max(cap, usage.get("completion_tokens", 0))
        usage |= {"completion_tokens": used, "total_tokens": usage.get("prompt_tokens", 0) + used}


def spend_stream_on_reasoning(answer: Answer, received: HttpRequest) -> Answer:
    """Uses up a small cap of a stream on reasoning: no delta has content."""
    cap = small_cap(received)
    if cap is None or not isinstance(answer, StreamAnswer) or not ends_by_itself(answer.events):
        return answer
    choices = int((CHOICES_IN_BODY.search(received.body) or (b"", b"1"))[1])

    def change_value(value: Any) -> Any:
        for choice in value.get("choices") or ():
            delta = choice.get("delta") or {}
            if delta.get("content"):
                delta["content"] = ""
            if choice.get("finish_reason") == "stop":
                choice["finish_reason"] = "length"
        count_whole_cap(value.get("usage"), cap * choices)
        return value

    return edit_every_chunk(answer, change_value)


def ends_by_itself(events: Events) -> bool:
    """True if no choice of a stream ends otherwise than by itself or at the cap."""
    values = [event.data for event in events if is_json(event)]
    reasons = {choice.get("finish_reason") for value in values for choice in value.get("choices") or ()}
    return reasons <= {None, "stop", "length"}


def spend_response_on_reasoning(answer: Answer, received: HttpRequest) -> Answer:
    """Uses up the cap of a response on reasoning: only the reasoning is left if it is shown, else nothing."""
    caps = [int(cap) for cap in CAP_IN_BODY.findall(received.body)]
    return edit_any_answer(answer, lambda value: with_reasoning_alone(value, min(caps, default=0)))


def with_reasoning_alone(value: Any, cap: int) -> Any:
    if not isinstance(value, dict) or value.get("object") != "response":
        return value
    for item in value.get("output", ()):
        reasoning = [part for part in item.get("content", ()) if part.get("type") == "reasoning"]
        item.update(status="incomplete", content=reasoning)
    usage = value.get("usage")
    if isinstance(usage, dict):
        used = max(cap, usage["output_tokens"])
        value = {**value, "usage": {**usage, "output_tokens": used, "total_tokens": usage["input_tokens"] + used}}
    return {**value, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


HOOKS: Mapping[str, FaultHooks] = {
    "free-starved-empty": unless_stored(spend_cap_on_reasoning("")),
    "free-starved-null": unless_stored(spend_cap_on_reasoning(None)),
    "free-starved-stream": FaultHooks(on_answer=spend_stream_on_reasoning),
    "free-starved-response": only_for_provider("aion", FaultHooks(on_answer=spend_response_on_reasoning)),
}
