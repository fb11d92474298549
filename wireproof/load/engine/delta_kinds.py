"""What one event of a stream shows a user: nothing yet, thought, something visible, an end, an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VISIBLE, THOUGHT, ENDED, FAILED, STRANGE = 1, 2, 4, 8, 16
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
SEEN = ("content", "tool_calls", "function_call", "refusal", "images", "audio")

Glimpse = tuple[int, Any]


def of_chat(value: Any) -> Glimpse:
    """Flags, and the usage where the chunk of a chat or a completion carries one."""
    try:
        choices = value["choices"]
        usage = value.get("usage")
        if len(choices) == 1:
            return _of_choice(choices[0]), usage
        flags = 0
        for choice in choices:
            flags |= _of_choice(choice)
        return flags | (0 if choices or usage else STRANGE), usage
    except (KeyError, TypeError, AttributeError):
        failed = isinstance(value, dict) and value.get("error") is not None
        return (FAILED if failed else STRANGE), None


def _of_choice(choice: Any) -> int:
    ended = ENDED if choice.get("finish_reason") is not None else 0
    delta = choice.get("delta")
    if delta is None:
        return ended | (VISIBLE if choice["text"] else 0)
    if delta.get("content"):
        return ended | VISIBLE
    if any(delta.get(name) for name in SEEN):
        return ended | VISIBLE
    return ended | (THOUGHT if any(delta.get(name) for name in THOUGHTS) else 0)


def of_response(value: Any) -> Glimpse:
    """Flags, and the usage where an event of a streamed response carries one."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        failed = isinstance(value, dict) and value.get("error") is not None
        return (FAILED if failed else STRANGE), None
    if kind.endswith(".delta"):
        flag = THOUGHT if kind.startswith("response.reasoning") else VISIBLE
        return (flag if value.get("delta") else 0), None
    if kind in ("error", "response.failed"):
        return FAILED, None
    if kind in ("response.completed", "response.incomplete"):
        response = value.get("response")
        return ENDED, response.get("usage") if isinstance(response, dict) else None
    return 0, None


def reader_for(endpoint: str) -> Callable[[Any], Glimpse]:
    """How the events of an endpoint's stream are read."""
    return of_response if endpoint == "responses" else of_chat
