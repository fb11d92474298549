"""What a request says to the model, whatever endpoint and form it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.tokenizer import count_value
from wireproof.mock.model.vision import seen_in

TOKENS_A_MESSAGE = 4
TOKENS_A_PROMPT = 3
TOKENS_A_PICTURE = 85
ORDERING = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Line:
    """One message: who says it, its text, and what is seen of its pictures."""

    role: str
    text: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages in order."""

    lines: tuple[Line, ...]

    @property
    def orders(self) -> str:
        """What the operator says."""
        return "\n".join(line.text for line in self.lines if line.role in ORDERING)

    @property
    def asked(self) -> str:
        """What the user said last."""
        return next((line.text for line in reversed(self.lines) if line.role == "user"), "")

    @property
    def tool_result(self) -> str | None:
        """What a tool answered, where that is the last thing said."""
        last = self.lines[-1]
        return last.text if last.role in ("tool", "function") else None

    @property
    def pictures(self) -> tuple[str, ...]:
        """What is seen of the pictures shown last."""
        return next((line.pictures for line in reversed(self.lines) if line.pictures), ())

    @property
    def earlier(self) -> str:
        """Everything said before the last message."""
        return "\n".join(line.text for line in self.lines[:-1])


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or the text parts of an array."""
    if isinstance(content, str):
        return content
    parts: Sequence[Any] = content or ()
    texts = [part.get("text") or part.get("refusal") or "" for part in parts if isinstance(part, dict)]
    return " ".join(text for text in texts if isinstance(text, str) and text)


def from_messages(messages: Sequence[Mapping[str, Any]], system: str | None = None) -> Conversation:
    """A chat's conversation; a top-level system text stands before the first message."""
    lines = [line_of(message, f"messages[{index}]") for index, message in enumerate(messages)]
    return Conversation((*([Line("system", system)] if system else []), *lines))


def line_of(message: Mapping[str, Any], place: str) -> Line:
    content = message.get("content")
    return Line(message["role"], text_of(content), seen_in(content, f"{place}.content"))


def prompt_tokens(conversation: Conversation, *others: Any) -> int:
    """The tokens of a conversation and of what is sent along with it."""
    said = sum(count_value(line.text) + TOKENS_A_MESSAGE for line in conversation.lines)
    shown = sum(len(line.pictures) for line in conversation.lines) * TOKENS_A_PICTURE
    return said + shown + TOKENS_A_PROMPT + sum(count_value(other) for other in others)
