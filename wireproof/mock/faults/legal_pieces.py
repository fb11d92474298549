"""Legal variants of the pieces of an answer: how a text is cut, where calls and counts stand, what a model adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import (
    chunk_deltas,
    edit_any_answer,
    edit_every_chunk,
    edit_whole_answer,
    has_finish,
)
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.json_edits import edit_at
from wireproof.mock.faults.legal_variants import unless_stored
from wireproof.mock.faults.responses_events import without_types
from wireproof.mock.faults.starved_answers import small_cap
from wireproof.mock.faults.stream_edits import Events, is_json, on_stream
from wireproof.mock.faults.stream_texts import Pieces, on_pieces, piece_of
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.protocol.answers import OutgoingEvent

CONTENT, ARGUMENTS = "/choices/*/message/content", "/choices/*/message/tool_calls/*/function/arguments"
PIECES_A_CHUNK = 7
TEMPLATE_TOKENS = 5
GREETING = "Of course, here it is: "
# Text that only resembles markup: tags of HTML, an address, a footnote, JSON with a name that no function has.
LIKE_MARKUP = ' Use <b>this</b> or <code>[1]</code>, see <https://example.com>: {"name": "Ada", "arguments": []} a<b>c'


def has_logprobs(event: OutgoingEvent) -> bool:
    choices = event.data.get("choices") or () if is_json(event) else ()
    return any(choice.get("logprobs") for choice in choices) or bool(is_json(event) and event.data.get("logprobs"))


def cut_otherwise(change: Callable[[Pieces], Pieces]) -> FaultHooks:
    """Hooks that cut the text of a stream otherwise, unless it has log probabilities for each piece."""
    hooks = on_pieces(change)
    return replace(
        hooks,
        on_answer=lambda answer, received: (
            answer if any(map(has_logprobs, getattr(answer, "events", ()))) else hooks.on_answer(answer, received)
        ),
    )


def join_sevens(pieces: Pieces) -> Pieces:
    return ["".join(pieces[at : at + PIECES_A_CHUNK]) for at in range(0, len(pieces), PIECES_A_CHUNK)]


def add_empty_deltas(events: Events) -> Events:
    """Sends an empty text before the end of each choice."""
    extended: list[OutgoingEvent] = []
    for event in events:
        if is_json(event) and "delta" in str(event.data.get("choices")) and has_finish(event.data):
            choices = [{**choice, "delta": {"content": ""}, "finish_reason": None} for choice in event.data["choices"]]
            extended.append(replace(event, data={**event.data, "choices": choices}))
        extended.append(event)
    return tuple(extended)


def finish_with_text(events: Events) -> Events:
    """Sends the last text of a stream of one choice together with the finish reason."""
    texts = [place for place, event in enumerate(events) if piece_of(event)]
    ends = [place for place, event in enumerate(events) if is_json(event) and has_finish(event.data)]
    if not texts or len(ends) != 1 or ends[0] != texts[-1] + 1 or any(map(has_logprobs, events)):
        return events
    text, end = events[texts[-1]].data, events[ends[0]].data
    if "delta" not in text["choices"][0]:
        return events
    choice = {**text["choices"][0], "finish_reason": end["choices"][0]["finish_reason"]}
    joined = replace(events[ends[0]], data={**text, "choices": [choice]})
    return (*events[: texts[-1]], joined, *events[ends[0] + 1 :])


def name_calls_by_index(value: Any) -> Any:
    """Names each call by its function and its index."""
    messages = [choice.get("message") or {} for choice in value.get("choices") or ()]
    for holder in (*messages, *chunk_deltas(value)):
        for index, call in enumerate(holder.get("tool_calls") or ()):
            if "id" in call and "function" in call:
                call["id"] = f"functions.{call['function']['name']}:{call.get('index', index)}"
    return value


def indent_json(text: Any) -> Any:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return text
    return json.dumps(value, indent=4, ensure_ascii=False) if isinstance(value, dict) else text


def count_template(value: Any) -> Any:
    """Counts some tokens of the template in the prompt."""
    usage = value.get("usage") if isinstance(value, dict) else None
    if isinstance(usage, dict) and "prompt_tokens" in usage:
        usage["prompt_tokens"] += TEMPLATE_TOKENS
        usage["total_tokens"] += TEMPLATE_TOKENS
    return value


def end_like_markup(value: Any) -> Any:
    """Ends a text of its own accord with words that resemble markup, and counts them."""
    for choice in value.get("choices") or ():
        message = choice.get("message") or {}
        if choice.get("finish_reason") == "stop" and message.get("content") and "{" not in message["content"]:
            message["content"] += LIKE_MARKUP
            for name in ("completion_tokens", "total_tokens") if value.get("usage") else ():
                value["usage"][name] += len(tokenize(LIKE_MARKUP))
    return value


def on_content(change: Callable[[Any], Any]) -> FaultHooks:
    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, edit_at(CONTENT, change)))


HOOKS: Mapping[str, FaultHooks] = {
    "free-arguments-at-once": without_types("response.function_call_arguments.delta"),
    "free-text-by-character": unless_stored(cut_otherwise(lambda pieces: list("".join(pieces)))),
    "free-text-in-sevens": unless_stored(cut_otherwise(join_sevens)),
    "free-text-newline-ended": unless_stored(
        on_content(lambda text: f"{text}\n" if text and not text.startswith("{") else text)
    ),
    "free-text-greeted-in-streams": unless_stored(
        on_pieces(
            # JSON takes no greeting, and neither does an echo of the prompt.
            lambda pieces: pieces if pieces[0].startswith("{") or "exactly:" in "".join(pieces) else [GREETING, *pieces]
        )
    ),
    "free-text-like-markup": FaultHooks(
        on_answer=lambda answer, received: (
            edit_whole_answer(answer, end_like_markup) if small_cap(received) is None else answer
        )
    ),
    "free-deltas-empty": on_stream(add_empty_deltas),
    "free-finish-with-text": on_stream(finish_with_text),
    "free-call-ids-by-index": FaultHooks(
        on_answer=lambda answer, received: edit_any_answer(answer, name_calls_by_index)
    ),
    "free-arguments-indented": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, edit_at(ARGUMENTS, indent_json))
    ),
    "free-json-indented": on_content(indent_json),
    "free-template-counted-in-streams": FaultHooks(
        on_answer=lambda answer, received: edit_every_chunk(answer, count_template)
    ),
}
