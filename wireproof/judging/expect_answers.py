"""The content of an answer in one form, for chat, completions and responses, streamed or not.

A member of a wrong form is read as if it were absent, since other checks judge the forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.evidence.exchange import Exchange, find_usage
from wireproof.formats.strict_json import NotJson

APART_MEMBERS = ("reasoning_content", "reasoning", "thinking")
LENGTH = "length"
CUT_REASONS = ("max_output_tokens", "max_tokens", "length")


@dataclass(frozen=True, slots=True)
class GivenCall:
    """One call of a function.

    Attributes:
        is_older: True for a call of the older form, which has no id.
        choice: the place of its choice among those of the answer.
    """

    id: str
    name: str
    arguments: str
    is_older: bool = False
    choice: int = 0


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The content of an answer.

    Attributes:
        texts: the text of each choice; one for a response.
        calls: the calls of all choices.
        ends: the finish reason of each choice, or the status of a response; `length` if the token cap ended it.
        usage: the token counts; empty if there are none.
    """

    texts: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    calls: tuple[GivenCall, ...] = ()
    ends: tuple[str, ...] = ()
    reasoning: str = ""
    usage: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """The texts of all choices."""
        return "\n".join(self.texts)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the called functions."""
        return tuple(call.name for call in self.calls)

    @property
    def is_cut(self) -> bool:
        """True if the token cap ended each choice."""
        return bool(self.ends) and all(end == LENGTH for end in self.ends)


def given_answer(exchange: Exchange) -> GivenAnswer:
    """The content of an answer; empty for a refusal and for an answer that no client can read."""
    if not exchange.is_success:
        return GivenAnswer()
    if exchange.is_event_stream:
        values = [chunk.value for chunk in exchange.stream.chunks if isinstance(chunk.value, dict)]
        typed = [value for value in values if str(value.get("type")).startswith("response.")]
        return _from_events(typed) if typed else _from_chunks(exchange, values)
    try:
        body = exchange.json
    except NotJson:
        return GivenAnswer()
    if not isinstance(body, dict):
        return GivenAnswer()
    return _from_response(body) if "output" in body else _from_choices(exchange, body)


def _from_choices(exchange: Exchange, body: Mapping[str, Any]) -> GivenAnswer:
    choices = objects_in(body.get("choices"))
    messages = [object_in(choice.get("message")) for choice in choices]
    texts = [
        choice["text"] if "text" in choice else message.get("content")
        for choice, message in zip(choices, messages, strict=True)
    ]
    return GivenAnswer(
        texts=tuple(map(_text, texts)),
        refusals=tuple(filter(None, (_text(message.get("refusal")) for message in messages))),
        calls=tuple(_call(call, n) for n, message in enumerate(messages) for call in _calls_of_message(message)),
        ends=tuple(_text(choice.get("finish_reason")) for choice in choices),
        reasoning="".join(map(_reasoning, messages)),
        usage=find_usage(exchange),
    )


def _calls_of_message(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The calls of functions of a message; those of custom tools have no arguments."""
    older = message.get("function_call")
    calls = [call for call in objects_in(message.get("tool_calls")) if isinstance(call.get("function"), dict)]
    return calls or ([{"function": older, "is_older": True}] if isinstance(older, dict) else [])


def _call(call: Mapping[str, Any], choice: int) -> GivenCall:
    function, is_older = object_in(call.get("function")), bool(call.get("is_older"))
    id, name, arguments = _text(call.get("id")), _text(function.get("name")), _text(function.get("arguments"))
    return GivenCall(id, name, arguments, is_older, choice)


def _from_chunks(exchange: Exchange, values: Sequence[Mapping[str, Any]]) -> GivenAnswer:
    parts = [choice for value in values for choice in objects_in(value.get("choices"))]
    texts: dict[str, list[str]] = {}
    for part in parts:
        delta = object_in(part.get("delta"))
        texts.setdefault(str(part.get("index")), []).append(_text(part.get("text") or delta.get("content")))
    joined = sorted(exchange.stream.choices, key=lambda choice: str(choice.index))
    return GivenAnswer(
        texts=tuple("".join(texts[index]) for index in sorted(texts)),
        refusals=tuple(choice.refusal for choice in joined if choice.refusal),
        calls=tuple(
            GivenCall(call.id or "", call.name, call.arguments, choice=n)
            for n, choice in enumerate(joined)
            for call in choice.tool_calls
        ),
        ends=tuple(str(choice.finish_reasons[0]) if choice.finish_reasons else "" for choice in joined),
        reasoning="".join(_reasoning(object_in(part.get("delta"))) for part in parts),
        usage=find_usage(exchange),
    )


def _from_response(body: Mapping[str, Any]) -> GivenAnswer:
    items = objects_in(body.get("output"))
    parts = [part for item in items if item.get("type") == "message" for part in objects_in(item.get("content"))]
    return GivenAnswer(
        texts=("".join(_text(part.get("text")) for part in parts if part.get("type") == "output_text"),),
        refusals=tuple(filter(None, (_text(part.get("refusal")) for part in parts))),
        calls=tuple(_item_call(item) for item in items if item.get("type") == "function_call"),
        ends=(_response_end(body),),
        reasoning="".join(_item_reasoning(item) for item in items),
        usage=object_in(body.get("usage")),
    )


def _item_call(item: Mapping[str, Any]) -> GivenCall:
    return GivenCall(_text(item.get("call_id")), _text(item.get("name")), _text(item.get("arguments")))


def _item_reasoning(item: Mapping[str, Any]) -> str:
    parts = [*objects_in(item.get("summary")), *objects_in(item.get("content"))]
    is_reasoning = item.get("type") == "reasoning"
    return "".join(_text(part.get("text")) for part in parts if is_reasoning or part.get("type") == "reasoning")


def _response_end(body: Mapping[str, Any]) -> str:
    reason = object_in(body.get("incomplete_details")).get("reason") or LENGTH
    return LENGTH if body.get("status") == "incomplete" and reason in CUT_REASONS else _text(body.get("status"))


def _from_events(values: Sequence[Mapping[str, Any]]) -> GivenAnswer:
    """The content that the events of a response tell; its calls, end and counts are those of the last event."""
    last = _from_response(object_in(values[-1].get("response")))
    done = [object_in(value.get("item")) for value in values if value.get("type") == "response.output_item.done"]
    calls = tuple(_item_call(item) for item in done if item.get("type") == "function_call")
    return GivenAnswer(
        texts=(_joined(values, "response.output_text"),),
        refusals=tuple(filter(None, (_joined(values, "response.refusal"),))),
        calls=calls or last.calls,
        ends=last.ends,
        reasoning=_joined(values, "response.reasoning_text") or _joined(values, "response.reasoning_summary_text"),
        usage=last.usage,
    )


def _joined(values: Iterable[Mapping[str, Any]], stem: str) -> str:
    """The deltas of one kind, joined; the whole texts if there are no deltas."""
    deltas = "".join(_text(value.get("delta")) for value in values if value.get("type") == f"{stem}.delta")
    return deltas or "".join(_text(value.get("text")) for value in values if value.get("type") == f"{stem}.done")


def _reasoning(message: Mapping[str, Any]) -> str:
    return next((text for name in APART_MEMBERS if (text := _text(message.get(name)))), "")


def object_in(value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a JSON array; none for any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
