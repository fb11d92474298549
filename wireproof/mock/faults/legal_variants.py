"""Legal variants that no single edit describes: answers within the documents in another form than the mock's."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_deltas, edit_any_answer, edit_whole_answer, has_finish
from wireproof.mock.faults.conditional_errors import body_as_object
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import DONE_DATA, Events, is_json, on_stream
from wireproof.mock.protocol.answers import JSON_TYPE, SSE_TYPE, Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

PATHS_OF_ANSWERS = ("/chat/completions", "/completions", "/responses")
RESET_HEADER = re.compile(r"(?i)x-ratelimit-reset$")


def only_for_provider(provider: str, hooks: FaultHooks) -> FaultHooks:
    """Limits a legal variant to the one provider whose document allows it."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return hooks.on_answer(answer, received) if received.path.startswith(f"/{provider}/") else answer

    return replace(hooks, on_answer=change_answer)


def unless_stored(hooks: FaultHooks) -> FaultHooks:
    """Limits a legal variant to new answers that are not stored: a stored one is shown again as it was made."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        asked = body_as_object(received)
        is_new = received.method == "POST" and received.path.endswith(PATHS_OF_ANSWERS)
        is_stored = asked.get("store") is True or asked.get("background") is True
        return hooks.on_answer(answer, received) if is_new and not is_stored else answer

    return replace(hooks, on_answer=change_answer)


def on_answer(change: Callable[[Answer], Answer]) -> FaultHooks:
    return FaultHooks(on_answer=lambda answer, received: change(answer))


def on_each_value(change: Callable[[Any], Any]) -> FaultHooks:
    """Hooks that change the value of a whole answer, and of each event of a stream."""
    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change))


def serialize_with(change: Callable[[Any], bytes]) -> FaultHooks:
    """Hooks that serialize the value of a whole answer in another way."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or isinstance(answer.value, bytes):
            return answer
        return replace(answer, value=change(answer.value))

    return FaultHooks(on_answer=change_answer)


def with_media_types(plain: str, streamed: str) -> FaultHooks:
    """Hooks that write the media type of the answer in another form."""

    def change_answer(answer: Answer) -> Answer:
        if any(name.lower() == "content-type" for name, _ in answer.headers):
            return answer
        media_type = streamed if isinstance(answer, StreamAnswer) else plain
        return replace(answer, headers=(*answer.headers, ("Content-Type", media_type)))

    return on_answer(change_answer)


def rename_headers(change: Callable[[str], str]) -> FaultHooks:
    def change_answer(answer: Answer) -> Answer:
        labelled = with_media_types(JSON_TYPE, SSE_TYPE).on_answer(answer, None)  # type: ignore[arg-type]
        return replace(labelled, headers=tuple((change(name), value) for name, value in labelled.headers))

    return on_answer(change_answer)


def reverse_members(value: Any) -> Any:
    """Reverses the order of the members of every object."""
    if isinstance(value, dict):
        return {name: reverse_members(member) for name, member in reversed(value.items())}
    return [reverse_members(item) for item in value] if isinstance(value, list) else value


def with_uuid(value: Any) -> Any:
    """Replaces the id of a chat answer by a UUID; all chunks of a stream share it."""
    if not isinstance(value, dict) or "choices" not in value or "id" not in value:
        return value
    return {**value, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, str(value["id"])))}


def on_each_text(change: Callable[[str], str]) -> FaultHooks:
    """Hooks that change the text of a whole chat answer unless it is JSON or markup."""

    def change_value(value: Any) -> Any:
        for choice in value.get("choices", ()) if isinstance(value, dict) else ():
            message = choice.get("message") or {}
            text = message.get("content")
            if choice.get("finish_reason") == "stop" and isinstance(text, str) and re.match(r"[^{<]", text):
                message["content"] = change(text)
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def pair_chunks(events: Events) -> Events:
    """Joins each two neighbouring texts into one chunk."""
    joined: list[OutgoingEvent] = []
    was_joined = False
    for event in events:
        last = chunk_deltas(joined[-1].data) if joined and is_json(joined[-1]) else []
        current = chunk_deltas(event.data) if is_json(event) else []
        pair = [*last, *current]
        are_plain_texts = len(last) == len(current) == 1 and all(
            set(delta) == {"content"} and delta["content"] for delta in pair
        )
        is_same_choice = are_plain_texts and joined[-1].data["choices"][0]["index"] == event.data["choices"][0]["index"]
        is_unfinished = is_same_choice and event.data["choices"][0].get("finish_reason") is None
        was_joined = not was_joined and is_unfinished and not event.data["choices"][0].get("logprobs")
        if was_joined:
            last[0]["content"] += current[0]["content"]
        else:
            joined.append(event)
    return tuple(joined)


def response_as_chat(answer: Answer, received: HttpRequest) -> Answer:
    """Sends a streamed response as chunks of a chat."""
    if not isinstance(answer, StreamAnswer) or not received.path.endswith("/responses"):
        return answer
    values = (event.data for event in answer.events if is_json(event))
    texts = [data["delta"] for data in values if data.get("type") == "response.output_text.delta"]
    choices: list[JsonObject] = [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    choices += [{"delta": {"content": text}, "finish_reason": None} for text in texts]
    is_cut = any(is_json(event) and event.data.get("type") == "response.incomplete" for event in answer.events)
    choices += [{"delta": {}, "finish_reason": "length" if is_cut else "stop"}]
    chunk = {"id": "resp_1", "object": "chat.completion.chunk"}
    chunks = tuple(OutgoingEvent({**chunk, "choices": [{"index": 0, **choice}]}) for choice in choices)
    return replace(answer, events=(*chunks, OutgoingEvent(DONE_DATA)))


def resets_as_moments(answer: Answer, received: HttpRequest) -> Answer:
    """Writes the reset header as a time in Unix seconds."""
    headers = (
        (name, str(int(received.at) + int(value)) if RESET_HEADER.search(name) and value.isdigit() else value)
        for name, value in answer.headers
    )
    return replace(answer, headers=tuple(headers))


def models_created_now(answer: Answer, received: HttpRequest) -> Answer:
    """Sets the creation time of a model to the time of the request."""

    def change_value(value: Any) -> Any:
        for entry in [value, *(value.get("data") or ())] if isinstance(value, dict) else ():
            if isinstance(entry, dict) and entry.get("object") == "model" and "created" in entry:
                entry["created"] = int(received.at) + (0 if entry is value else -1)
        return value

    return edit_whole_answer(answer, change_value)


def on_transcript(change: Callable[[str], str]) -> FaultHooks:
    """Hooks that change the text of a transcript."""

    def change_value(value: Any) -> Any:
        is_transcript = isinstance(value, dict) and isinstance(value.get("text"), str)
        return {**value, "text": change(value["text"])} if is_transcript else value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def without_finish_of_sound(events: Events) -> Events:
    """Leaves out the finish reason of a streamed sound, whose end its expiry shows."""
    has_sound = any("audio" in delta for event in events if is_json(event) for delta in chunk_deltas(event.data))
    if not has_sound:
        return events
    return tuple(event for event in events if not (is_json(event) and has_finish(event.data)))


HOOKS: Mapping[str, FaultHooks] = {
    "free-member-order": on_each_value(reverse_members),
    "free-pretty-json": serialize_with(lambda value: json.dumps(value, indent=2).encode() + b"\n"),
    "free-escaped-json": serialize_with(lambda value: json.dumps(value).encode()),
    "free-labels-with-charset": with_media_types("application/json;charset=UTF-8", "text/event-stream;charset=utf-8"),
    "free-labels-in-capitals": with_media_types("Application/JSON; Charset=UTF-8", "Text/Event-Stream"),
    "free-labels-bare": with_media_types("application/json", "text/event-stream"),
    "free-header-names-lower": rename_headers(str.lower),
    "free-header-names-upper": rename_headers(str.upper),
    "free-ids": unless_stored(on_each_value(with_uuid)),
    "free-words-around": unless_stored(on_each_text(lambda text: f"Sure! {text}")),
    "free-words-quoted": unless_stored(on_each_text(lambda text: f'"{text}"')),
    "free-words-blank-ended": unless_stored(on_each_text(lambda text: f"\n\n{text}\n")),
    "free-transcript-form": on_transcript(lambda text: re.sub(r"[.!?,]", "", text).lower()),
    "free-transcript-blank": on_transcript(lambda text: f" {text.replace(',', '...')}\n"),
    "free-transcript-heard-more": only_for_provider("iotex", on_transcript(lambda text: f"And {text}")),
    "free-chunks-in-pairs": on_stream(pair_chunks),
    "free-response-as-chat": only_for_provider("aion", FaultHooks(on_answer=response_as_chat)),
    "free-speech-ends-by-expiry": on_stream(without_finish_of_sound),
    "free-reset-moments": FaultHooks(on_answer=resets_as_moments),
    "free-models-made-anew": FaultHooks(on_answer=models_created_now),
}
