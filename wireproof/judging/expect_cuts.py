"""Answers that the token cap cut off: the evidence for it, and what they decide nevertheless."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.evidence.exchange import Exchange, find_usage
from wireproof.evidence.token_usage import ANSWER_COUNTS, TOKEN_CAPS
from wireproof.formats.strict_json import NotJson
from wireproof.judging.check import Undecided

CUT_OFF = "the token cap cut the answer off"
# Said of an answer whose reasoning, shown or hidden, took up the cap.
NO_ROOM = "the token cap left no room for text"
NO_CALL = "the model called no tool"
EVENT_STREAM = "text/event-stream"
SHOWN_REASONING = ("reasoning", "reasoning_content", "thinking", "refusal")
# The first characters of a call in the markup of a model, and of a JSON object.
CALL_MARKS, OBJECT_MARKS = "{[<`", "{"
# Under a smaller cap, a blank or a part of a character may be all that fits.
LEAST_TELLING_CAP = 4
# The share of the cap that a cut answer has at least; servers count the last token or the end mark differently.
NEAR_CAP = 0.9


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """The evidence that an answer shows beside its statement that the cap ended it.

    Attributes:
        text: the text; for a call its arguments.
        fragments: the number of chunks with text, calls or reasoning; 0 if the answer is not streamed.
        reasons: true if the answer shows reasoning beside its text.
    """

    text: str
    fragments: int
    reasons: bool


def reached_cap(exchange: Exchange) -> bool:
    """True if the answer says that the token cap ended it, and its counts or its text bear that out."""
    answer = _cut_answer(exchange)
    if answer is None:
        return False
    cap = requested_cap(exchange)
    if cap is None:
        return True
    count = _stated_count(exchange)
    # A token has a byte at least.
    size = 0 if count else len(answer.text.encode("utf-8", "surrogatepass"))
    opinions = (count or 0, answer.fragments, size)
    unknown = count is None and not answer.text and not answer.fragments
    return unknown or max(opinions) >= int(cap * NEAR_CAP)


def filled_cap(exchange: Exchange) -> bool:
    """True if the answer counts about as many tokens as its cap allows, whatever it says of its end."""
    cap, count = requested_cap(exchange), _stated_count(exchange)
    return reached_cap(exchange) or (cap is not None and count is not None and count >= int(cap * NEAR_CAP))


def undecided_if_cut(exchange: Exchange, *, begins: str = "") -> None:
    """Raises Undecided if the token cap ended the answer before it could show what was asked for.

    Blanks up to the cap decide, and so does a text that begins otherwise than the form that was asked for.

    Args:
        begins: the characters with which that form may begin; empty for any.
    """
    if not reached_cap(exchange):
        return
    answer, cap = _cut_answer(exchange), requested_cap(exchange)
    assert answer is not None
    text = answer.text.strip()
    is_telling = cap is None or cap >= LEAST_TELLING_CAP
    blanks_after = len(answer.text) - len(answer.text.rstrip())
    if is_telling and not answer.reasons and blanks_after > len(answer.text) // 2:
        return
    if text and begins and text[0] not in begins:
        return
    raise Undecided(CUT_OFF if text else NO_ROOM)


def requested_cap(exchange: Exchange) -> int | None:
    """The token cap of the request; None if it has none."""
    try:
        body = exchange.request_json
    except NotJson:
        return None
    caps = [body.get(name) for name in TOKEN_CAPS] if isinstance(body, dict) else []
    return next((cap for cap in caps if isinstance(cap, int)), None)


def _stated_count(exchange: Exchange) -> int | None:
    """The number of output tokens that the usage states, hidden ones included; None if it states none."""
    usage = find_usage(exchange)
    counts = {name: value for name, value in usage.items() if isinstance(value, int)}
    hidden = counts.get("total_tokens", 0) - counts.get("prompt_tokens", counts.get("input_tokens", 0))
    stated = [counts[name] for name in ANSWER_COUNTS if name in counts]
    return max((*stated, hidden)) if stated else None


def _cut_answer(exchange: Exchange) -> CutAnswer | None:
    """The answer, if it says that the token cap ended it; else None."""
    if exchange.is_event_stream:
        values = [chunk.value for chunk in exchange.stream.chunks if isinstance(chunk.value, dict)]
        typed = [value for value in values if isinstance(value.get("response"), dict)]
        if typed:
            return _cut_response(typed[-1]["response"], _count_deltas(values))
        choice = exchange.stream.choice(0)
        if choice is None or "length" not in choice.finish_reasons:
            return None
        deltas = [delta for delta in map(_delta, values) if delta]
        calls = "".join(f"{call.name}{call.arguments}" for call in choice.tool_calls)
        fragments = sum(1 for delta in deltas if any(delta.get(name) for name in delta if name != "role"))
        return CutAnswer(choice.content or calls, fragments, any(map(_shows_reasoning, deltas)))
    try:
        body = exchange.json
    except NotJson:
        return None
    if isinstance(body, dict) and "output" in body:
        return _cut_response(body, 0)
    choice_value = _first_choice(body)
    message = choice_value.get("message")
    if choice_value.get("finish_reason") != "length" or not isinstance(message, dict):
        return None
    content = message.get("content")
    called = message.get("tool_calls") or message.get("function_call")
    text = content if isinstance(content, str) and content else str(called or "")
    return CutAnswer(text, 0, _shows_reasoning(message))


def _cut_response(body: Mapping[str, Any], fragments: int) -> CutAnswer | None:
    """The answer of a response that is incomplete; None for any other."""
    if body.get("status") != "incomplete":
        return None
    items = [item for item in body.get("output") or () if isinstance(item, dict)]
    parts = [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]
    text = "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
    calls = "".join(str(item.get("arguments", "")) for item in items)
    return CutAnswer(text or calls, fragments, any(item.get("type") == "reasoning" for item in items))


def _count_deltas(values: Iterable[Mapping[str, Any]]) -> int:
    return sum(1 for value in values if str(value.get("type")).endswith(".delta"))


def _first_choice(value: Any) -> Mapping[str, Any]:
    choices = value.get("choices") if isinstance(value, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _delta(value: Any) -> Mapping[str, Any]:
    delta = _first_choice(value).get("delta")
    return delta if isinstance(delta, dict) else {}


def _shows_reasoning(message: Mapping[str, Any]) -> bool:
    """True if a message or a delta shows reasoning, which may take up the cap."""
    return any(isinstance(message.get(name), str) and message[name].strip() for name in SHOWN_REASONING)
