"""The messages of a request to the model, whatever its endpoint and form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.tokenizer import count_value_tokens
from wireproof.mock.model.vision import colours_of_pictures

TOKENS_PER_MESSAGE = 4
TOKENS_PER_PROMPT = 3
TOKENS_PER_INPUT_PICTURE = 85
OPERATOR_ROLES = ("system", "developer")


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One message: its role, its text, the colours of its pictures, and the names of the tools that it calls."""

    role: str
    text: str
    pictures: tuple[str, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages in order."""

    lines: tuple[ChatLine, ...]

    @property
    def operator_text(self) -> str:
        """The text of the system and developer messages."""
        return "\n".join(line.text for line in self.lines if line.role in OPERATOR_ROLES)

    @property
    def last_user_text(self) -> str:
        """The text of the last user message."""
        return next((line.text for line in reversed(self.lines) if line.role == "user"), "")

    @property
    def tool_result(self) -> str | None:
        """The result of a tool, if that is the last message; otherwise None."""
        last = self.lines[-1]
        return last.text if last.role in ("tool", "function") else None

    @property
    def called_names(self) -> tuple[str, ...]:
        """The names of the tools that were called since the last user message, in order."""
        since = len(self.lines) - next((n for n, line in enumerate(reversed(self.lines)) if line.role == "user"), 0)
        return tuple(name for line in self.lines[since:] for name in line.called)

    @property
    def last_pictures(self) -> tuple[str, ...]:
        """The colours of the pictures in the last message with pictures."""
        return next((line.pictures for line in reversed(self.lines) if line.pictures), ())

    @property
    def earlier_text(self) -> str:
        """The text of all messages before the last one."""
        return "\n".join(line.text for line in self.lines[:-1])


def text_from_content(content: Any) -> str:
    """The text of a message's content: a string, or the text parts of an array."""
    if isinstance(content, str):
        return content
    parts: Sequence[Any] = content or ()
    texts = [part.get("text") or part.get("refusal") or "" for part in parts if isinstance(part, dict)]
    return " ".join(text for text in texts if isinstance(text, str) and text)


def conversation_from_messages(messages: Sequence[Mapping[str, Any]], system: str | None = None) -> Conversation:
    """A chat's conversation; a top-level system text stands before the first message."""
    lines = [line_from_message(message, f"messages[{index}]") for index, message in enumerate(messages)]
    return Conversation((*([ChatLine("system", system)] if system else []), *lines))


def line_from_message(message: Mapping[str, Any], place: str) -> ChatLine:
    content = message.get("content")
    pictures = colours_of_pictures(content, f"{place}.content")
    return ChatLine(message["role"], text_from_content(content), pictures, called_names(message))


def called_names(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the tools and functions that a message of the model calls."""
    calls = [call.get("function") or call.get("custom") for call in message.get("tool_calls") or ()]
    described = [*calls, *([message["function_call"]] if message.get("function_call") else [])]
    return tuple(call["name"] for call in described)


def count_prompt_tokens(conversation: Conversation, *others: Any) -> int:
    """Returns the tokens of a conversation and of the other values of its prompt."""
    text_tokens = sum(count_value_tokens(line.text) + TOKENS_PER_MESSAGE for line in conversation.lines)
    picture_tokens = sum(len(line.pictures) for line in conversation.lines) * TOKENS_PER_INPUT_PICTURE
    return text_tokens + picture_tokens + TOKENS_PER_PROMPT + sum(count_value_tokens(value) for value in others)
