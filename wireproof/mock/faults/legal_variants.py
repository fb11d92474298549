"""Liberties that no edit tells: answers within the documents, written otherwise than this server writes them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_deltas, edit_any_answer, edit_whole_answer
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import Events, is_json, on_stream
from wireproof.mock.protocol.answers import JSON_TYPE, SSE_TYPE, Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest

JsonObject = dict[str, Any]
CAP_IN_BODY = re.compile(rb'"max(?:_completion)?_tokens": ?(\d+)')
SMALL_CAP = 300
RESET_HEADER = re.compile(r"(?i)x-ratelimit-reset$")


def only_for_provider(provider: str, lapse: FaultHooks) -> FaultHooks:
    """A liberty that one document leaves open."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return lapse.on_answer(answer, received) if received.path.startswith(f"/{provider}/") else answer

    return replace(lapse, on_answer=change_answer)


def on_answer(change: Callable[[Answer], Answer]) -> FaultHooks:
    return FaultHooks(on_answer=lambda answer, received: change(answer))


def on_each_value(change: Callable[[Any], Any]) -> FaultHooks:
    """A liberty in the value of a whole answer, and of each event of a stream."""
    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change))


def serialize_with(change: Callable[[Any], bytes]) -> FaultHooks:
    """A liberty in how a whole answer is written."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or isinstance(answer.value, bytes):
            return answer
        return replace(answer, value=change(answer.value))

    return FaultHooks(on_answer=change_answer)


def with_media_types(plainly: str, streamed: str) -> FaultHooks:
    """A liberty in how the media type is written."""

    def change_answer(answer: Answer) -> Answer:
        if any(name.lower() == "content-type" for name, _ in answer.headers):
            return answer
        named = streamed if isinstance(answer, StreamAnswer) else plainly
        return replace(answer, headers=(*answer.headers, ("Content-Type", named)))

    return on_answer(change_answer)


def rename_headers(change: Callable[[str], str]) -> FaultHooks:
    def change_answer(answer: Answer) -> Answer:
        typed = with_media_types(JSON_TYPE, SSE_TYPE).on_answer(answer, None)  # type: ignore[arg-type]
        return replace(typed, headers=tuple((change(name), value) for name, value in typed.headers))

    return on_answer(change_answer)


def reverse_members(value: Any) -> Any:
    """The members of every object in the other order."""
    if isinstance(value, dict):
        return {name: reverse_members(member) for name, member in reversed(value.items())}
    return [reverse_members(item) for item in value] if isinstance(value, list) else value


def with_uuid(value: Any) -> Any:
    """The answer under a UUID; a stream keeps one."""
    if not isinstance(value, dict) or "choices" not in value or "id" not in value:
        return value
    return {**value, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, str(value["id"])))}


def on_each_text(change: Callable[[str], str]) -> FaultHooks:
    """A liberty in the words of a whole chat answer that is not JSON."""

    def change_value(value: Any) -> Any:
        for choice in value.get("choices", ()) if isinstance(value, dict) else ():
            message = choice.get("message") or {}
            text = message.get("content")
            if choice.get("finish_reason") == "stop" and isinstance(text, str) and re.match(r"[^{<]", text):
                message["content"] = change(text)
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def has_small_cap(received: HttpRequest) -> bool:
    """Whether a chat has a cap that a thought may spend."""
    caps = [int(cap) for cap in CAP_IN_BODY.findall(received.body)]
    return bool(caps) and min(caps) <= SMALL_CAP


def starve_answer(empty: str | None) -> FaultHooks:
    """A model that thinks spends a small cap on it: no text, and the reason length."""

    def change_value(value: Any) -> Any:
        for choice in value.get("choices", ()) if isinstance(value, dict) else ():
            message = choice.get("message") or {}
            if choice.get("finish_reason") in ("stop", "length") and "content" in message:
                choice["finish_reason"] = "length"
                message["content"] = empty
        return value

    return FaultHooks(
        on_answer=lambda answer, received: (
            edit_whole_answer(answer, change_value) if has_small_cap(received) else answer
        )
    )


def starve_stream(events: Events) -> Events:
    """The same, streamed: no delta has content."""
    made = []
    for event in events:
        if is_json(event):
            for choice in event.data.get("choices") or ():
                delta = choice.get("delta") or {}
                if delta.get("content"):
                    delta["content"] = ""
                if choice.get("finish_reason") == "stop":
                    choice["finish_reason"] = "length"
        made.append(event)
    return tuple(made)


def starve_response(value: Any) -> Any:
    """A response whose cap its thinking uses up: the reasoning alone, where it is shown, or nothing."""
    if not isinstance(value, dict) or value.get("object") != "response":
        return value
    for item in value.get("output", ()):
        kept = [part for part in item.get("content", ()) if part.get("type") == "reasoning"]
        item.update(status="incomplete", content=kept)
    return {**value, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


def pair_chunks(events: Events) -> Events:
    """Two neighbouring texts come in one chunk."""
    made: list[OutgoingEvent] = []
    paired = False
    for event in events:
        last = chunk_deltas(made[-1].data) if made and is_json(made[-1]) else []
        here = chunk_deltas(event.data) if is_json(event) else []
        pair = [*last, *here]
        whole = len(last) == len(here) == 1 and all(set(delta) == {"content"} and delta["content"] for delta in pair)
        open_ended = whole and event.data["choices"][0].get("finish_reason") is None
        paired = not paired and open_ended and not event.data["choices"][0].get("logprobs")
        if paired:
            last[0]["content"] += here[0]["content"]
        else:
            made.append(event)
    return tuple(made)


def response_as_chat(answer: Answer, received: HttpRequest) -> Answer:
    """A streamed response comes in chunks as of a chat."""
    if not isinstance(answer, StreamAnswer) or not received.path.endswith("/responses"):
        return answer
    told_texts = (event.data for event in answer.events if is_json(event))
    texts = [data["delta"] for data in told_texts if data.get("type") == "response.output_text.delta"]
    choices: list[JsonObject] = [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    choices += [{"delta": {"content": text}, "finish_reason": None} for text in texts]
    choices += [{"delta": {}, "finish_reason": "stop"}]
    chunk = {"id": "resp_1", "object": "chat.completion.chunk"}
    told = tuple(OutgoingEvent({**chunk, "choices": [{"index": 0, **choice}]}) for choice in choices)
    return replace(answer, events=(*told, OutgoingEvent("[DONE]")))


def resets_as_moments(answer: Answer, received: HttpRequest) -> Answer:
    """The reset header names the moment in Unix seconds."""
    told = (
        (name, str(int(received.at) + int(value)) if RESET_HEADER.search(name) and value.isdigit() else value)
        for name, value in answer.headers
    )
    return replace(answer, headers=tuple(told))


def models_created_now(answer: Answer, received: HttpRequest) -> Answer:
    """A model was made in the second in which it is asked for."""

    def change_value(value: Any) -> Any:
        for entry in [value, *(value.get("data") or ())] if isinstance(value, dict) else ():
            if isinstance(entry, dict) and entry.get("object") == "model" and "created" in entry:
                entry["created"] = int(received.at) + (0 if entry is value else -1)
        return value

    return edit_whole_answer(answer, change_value)


HOOKS: Mapping[str, FaultHooks] = {
    "free-member-order": on_each_value(reverse_members),
    "free-pretty-json": serialize_with(lambda value: json.dumps(value, indent=2).encode() + b"\n"),
    "free-escaped-json": serialize_with(lambda value: json.dumps(value).encode()),
    "free-labels-with-charset": with_media_types("application/json;charset=UTF-8", "text/event-stream;charset=utf-8"),
    "free-labels-in-capitals": with_media_types("Application/JSON; Charset=UTF-8", "Text/Event-Stream"),
    "free-labels-bare": with_media_types("application/json", "text/event-stream"),
    "free-header-names-lower": rename_headers(str.lower),
    "free-header-names-upper": rename_headers(str.upper),
    "free-ids": on_each_value(with_uuid),
    "free-words-around": on_each_text(lambda text: f"Sure! {text}"),
    "free-words-quoted": on_each_text(lambda text: f'"{text}"'),
    "free-words-blank-ended": on_each_text(lambda text: f"\n\n{text}\n"),
    "free-starved-empty": starve_answer(""),
    "free-starved-null": starve_answer(None),
    "free-starved-stream": on_stream(starve_stream),
    "free-starved-response": only_for_provider("aion", on_each_value(starve_response)),
    "free-chunks-in-pairs": on_stream(pair_chunks),
    "free-response-as-chat": only_for_provider("aion", FaultHooks(on_answer=response_as_chat)),
    "free-reset-moments": FaultHooks(on_answer=resets_as_moments),
    "free-models-made-anew": FaultHooks(on_answer=models_created_now),
}
