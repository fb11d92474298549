"""What one event of a stream shows a user: nothing yet, thought, something visible, an end, an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VISIBLE_DELTA, THOUGHT_DELTA, STREAM_END, STREAM_ERROR, STRANGE_EVENT = 1, 2, 4, 8, 16
THOUGHT_MEMBERS = ("reasoning_content", "reasoning", "thinking")
VISIBLE_MEMBERS = ("content", "tool_calls", "function_call", "refusal", "images", "audio")

FlagsAndUsage = tuple[int, Any]


def read_chat_chunk(value: Any) -> FlagsAndUsage:
    """Flags, and the usage where the chunk of a chat or a completion carries one."""
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
        failed = isinstance(value, dict) and value.get("error") is not None
        return (STREAM_ERROR if failed else STRANGE_EVENT), None


def _choice_flags(choice: Any) -> int:
    ended = STREAM_END if choice.get("finish_reason") is not None else 0
    delta = choice.get("delta")
    if delta is None:
        return ended | (VISIBLE_DELTA if choice["text"] else 0)
    if delta.get("content"):
        return ended | VISIBLE_DELTA
    if any(delta.get(name) for name in VISIBLE_MEMBERS):
        return ended | VISIBLE_DELTA
    return ended | (THOUGHT_DELTA if any(delta.get(name) for name in THOUGHT_MEMBERS) else 0)


def read_response_event(value: Any) -> FlagsAndUsage:
    """Flags, and the usage where an event of a streamed response carries one."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        failed = isinstance(value, dict) and value.get("error") is not None
        return (STREAM_ERROR if failed else STRANGE_EVENT), None
    if kind.endswith(".delta"):
        flag = THOUGHT_DELTA if kind.startswith("response.reasoning") else VISIBLE_DELTA
        return (flag if value.get("delta") else 0), None
    if kind in ("error", "response.failed"):
        return STREAM_ERROR, None
    if kind in ("response.completed", "response.incomplete"):
        response = value.get("response")
        return STREAM_END, response.get("usage") if isinstance(response, dict) else None
    return 0, None


def event_reader_for(endpoint: str) -> Callable[[Any], FlagsAndUsage]:
    """How the events of an endpoint's stream are read."""
    return read_response_event if endpoint == "responses" else read_chat_chunk
