"""The kind of one stream event: reasoning, visible output, the end, an error, an unknown shape, or none of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VISIBLE_DELTA, REASONING_DELTA, STREAM_END, STREAM_ERROR, STRANGE_EVENT = 1, 2, 4, 8, 16
REASONING_MEMBERS = ("reasoning_content", "reasoning", "thinking")
VISIBLE_MEMBERS = ("content", "tool_calls", "function_call", "refusal", "images", "audio")

FlagsAndUsage = tuple[int, Any]


def read_chat_chunk(value: Any) -> FlagsAndUsage:
    """Returns the flags of a chunk of a chat or a completion, and its usage; None if it has no usage."""
    try:
        choices = value["choices"]
        usage = value.get("usage")
        if len(choices) == 1:
            return _choice_flags(choices[0]), usage
        flags = 0
        for choice in choices:
            flags |= _choice_flags(choice)
        return flags | (0 if choices or usage else STRANGE_EVENT), usage
    except (KeyError, TypeError, AttributeError):
        has_error = isinstance(value, dict) and value.get("error") is not None
        return (STREAM_ERROR if has_error else STRANGE_EVENT), None


def _choice_flags(choice: Any) -> int:
    end_flag = STREAM_END if choice.get("finish_reason") is not None else 0
    delta = choice.get("delta")
    if delta is None:
        return end_flag | (VISIBLE_DELTA if choice["text"] else 0)
    if delta.get("content"):
        return end_flag | VISIBLE_DELTA
    if any(delta.get(name) for name in VISIBLE_MEMBERS):
        return end_flag | VISIBLE_DELTA
    return end_flag | (REASONING_DELTA if any(delta.get(name) for name in REASONING_MEMBERS) else 0)


def read_response_event(value: Any) -> FlagsAndUsage:
    """Returns the flags of an event of a streamed response, and its usage; None if it has no usage."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        has_error = isinstance(value, dict) and value.get("error") is not None
        return (STREAM_ERROR if has_error else STRANGE_EVENT), None
    if kind.endswith(".delta"):
        flag = REASONING_DELTA if kind.startswith("response.reasoning") else VISIBLE_DELTA
        return (flag if value.get("delta") else 0), None
    if kind in ("error", "response.failed"):
        return STREAM_ERROR, None
    if kind in ("response.completed", "response.incomplete"):
        response = value.get("response")
        return STREAM_END, response.get("usage") if isinstance(response, dict) else None
    return 0, None


def event_reader_for(endpoint: str) -> Callable[[Any], FlagsAndUsage]:
    """The reader of the events of an endpoint's stream."""
    return read_response_event if endpoint == "responses" else read_chat_chunk
