"""Liberties that no edit tells: answers within the documents, written otherwise than this server writes them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import deltas, either, plain
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import Events, is_json, telling
from wireproof.mock.protocol.answers import JSON_TYPE, SSE_TYPE, Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest

Body = dict[str, Any]
CAP = re.compile(rb'"max(?:_completion)?_tokens": ?(\d+)')
SMALL_CAP = 300
HEADERS_OF_WAITS = re.compile(r"(?i)x-ratelimit-reset$")


def at(provider: str, lapse: Lapse) -> Lapse:
    """A liberty that one document leaves open."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return lapse.say(answer, received) if received.path.startswith(f"/{provider}/") else answer

    return replace(lapse, say=say)


def saying(change: Callable[[Answer], Answer]) -> Lapse:
    return Lapse(say=lambda answer, received: change(answer))


def values(change: Callable[[Any], Any]) -> Lapse:
    """A liberty in the value of a whole answer, and of each event of a stream."""
    return Lapse(say=lambda answer, received: either(answer, change))


def written(change: Callable[[Any], bytes]) -> Lapse:
    """A liberty in how a whole answer is written."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or isinstance(answer.value, bytes):
            return answer
        return replace(answer, value=change(answer.value))

    return Lapse(say=say)


def labelled(plainly: str, streamed: str) -> Lapse:
    """A liberty in how the media type is written."""

    def change(answer: Answer) -> Answer:
        if any(name.lower() == "content-type" for name, _ in answer.headers):
            return answer
        named = streamed if isinstance(answer, StreamAnswer) else plainly
        return replace(answer, headers=(*answer.headers, ("Content-Type", named)))

    return saying(change)


def header_names(change: Callable[[str], str]) -> Lapse:
    def changed(answer: Answer) -> Answer:
        typed = labelled(JSON_TYPE, SSE_TYPE).say(answer, None)  # type: ignore[arg-type]
        return replace(typed, headers=tuple((change(name), value) for name, value in typed.headers))

    return saying(changed)


def turned(value: Any) -> Any:
    """The members of every object in the other order."""
    if isinstance(value, dict):
        return {name: turned(member) for name, member in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def renamed(value: Any) -> Any:
    """The answer under a UUID; a stream keeps one."""
    if not isinstance(value, dict) or "choices" not in value or "id" not in value:
        return value
    return {**value, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, str(value["id"])))}


def each_text(change: Callable[[str], str]) -> Lapse:
    """A liberty in the words of a whole chat answer that is not JSON."""

    def changed(value: Any) -> Any:
        for choice in value.get("choices", ()) if isinstance(value, dict) else ():
            message = choice.get("message") or {}
            text = message.get("content")
            if choice.get("finish_reason") == "stop" and isinstance(text, str) and re.match(r"[^{<]", text):
                message["content"] = change(text)
        return value

    return Lapse(say=lambda answer, received: plain(answer, changed))


def is_capped(received: HttpRequest) -> bool:
    """Whether a chat has a cap that a thought may spend."""
    caps = [int(cap) for cap in CAP.findall(received.body)]
    return bool(caps) and min(caps) <= SMALL_CAP


def starved(empty: str | None) -> Lapse:
    """A model that thinks spends a small cap on it: no text, and the reason length."""

    def change(value: Any) -> Any:
        for choice in value.get("choices", ()) if isinstance(value, dict) else ():
            message = choice.get("message") or {}
            if choice.get("finish_reason") in ("stop", "length") and "content" in message:
                choice["finish_reason"] = "length"
                message["content"] = empty
        return value

    return Lapse(say=lambda answer, received: plain(answer, change) if is_capped(received) else answer)


def starved_stream(events: Events) -> Events:
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


def unfinished(value: Any) -> Any:
    """A response whose cap its thinking uses up: the reasoning alone, where it is shown, or nothing."""
    if not isinstance(value, dict) or value.get("object") != "response":
        return value
    for item in value.get("output", ()):
        kept = [part for part in item.get("content", ()) if part.get("type") == "reasoning"]
        item.update(status="incomplete", content=kept)
    return {**value, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


def in_pairs(events: Events) -> Events:
    """Two neighbouring texts come in one chunk."""
    made: list[OutgoingEvent] = []
    paired = False
    for event in events:
        last = deltas(made[-1].data) if made and is_json(made[-1]) else []
        here = deltas(event.data) if is_json(event) else []
        pair = [*last, *here]
        whole = len(last) == len(here) == 1 and all(set(delta) == {"content"} and delta["content"] for delta in pair)
        open_ended = whole and event.data["choices"][0].get("finish_reason") is None
        paired = not paired and open_ended and not event.data["choices"][0].get("logprobs")
        if paired:
            last[0]["content"] += here[0]["content"]
        else:
            made.append(event)
    return tuple(made)


def as_chat(answer: Answer, received: HttpRequest) -> Answer:
    """A streamed response comes in chunks as of a chat."""
    if not isinstance(answer, StreamAnswer) or not received.path.endswith("/responses"):
        return answer
    told_texts = (event.data for event in answer.events if is_json(event))
    texts = [data["delta"] for data in told_texts if data.get("type") == "response.output_text.delta"]
    choices: list[Body] = [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    choices += [{"delta": {"content": text}, "finish_reason": None} for text in texts]
    choices += [{"delta": {}, "finish_reason": "stop"}]
    chunk = {"id": "resp_1", "object": "chat.completion.chunk"}
    told = tuple(OutgoingEvent({**chunk, "choices": [{"index": 0, **choice}]}) for choice in choices)
    return replace(answer, events=(*told, OutgoingEvent("[DONE]")))


def as_moments(answer: Answer, received: HttpRequest) -> Answer:
    """The reset header names the moment in Unix seconds."""
    told = (
        (name, str(int(received.at) + int(value)) if HEADERS_OF_WAITS.search(name) and value.isdigit() else value)
        for name, value in answer.headers
    )
    return replace(answer, headers=tuple(told))


def made_anew(answer: Answer, received: HttpRequest) -> Answer:
    """A model was made in the second in which it is asked for."""

    def change(value: Any) -> Any:
        for entry in [value, *(value.get("data") or ())] if isinstance(value, dict) else ():
            if isinstance(entry, dict) and entry.get("object") == "model" and "created" in entry:
                entry["created"] = int(received.at) + (0 if entry is value else -1)
        return value

    return plain(answer, change)


LAPSES: Mapping[str, Lapse] = {
    "free-member-order": values(turned),
    "free-pretty-json": written(lambda value: json.dumps(value, indent=2).encode() + b"\n"),
    "free-escaped-json": written(lambda value: json.dumps(value).encode()),
    "free-labels-with-charset": labelled("application/json;charset=UTF-8", "text/event-stream;charset=utf-8"),
    "free-labels-in-capitals": labelled("Application/JSON; Charset=UTF-8", "Text/Event-Stream"),
    "free-labels-bare": labelled("application/json", "text/event-stream"),
    "free-header-names-lower": header_names(str.lower),
    "free-header-names-upper": header_names(str.upper),
    "free-ids": values(renamed),
    "free-words-around": each_text(lambda text: f"Sure! {text}"),
    "free-words-quoted": each_text(lambda text: f'"{text}"'),
    "free-words-blank-ended": each_text(lambda text: f"\n\n{text}\n"),
    "free-starved-empty": starved(""),
    "free-starved-null": starved(None),
    "free-starved-stream": telling(starved_stream),
    "free-starved-response": at("aion", values(unfinished)),
    "free-chunks-in-pairs": telling(in_pairs),
    "free-response-as-chat": at("aion", Lapse(say=as_chat)),
    "free-reset-moments": Lapse(say=as_moments),
    "free-models-made-anew": Lapse(say=made_anew),
}
