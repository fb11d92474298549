"""The response object of the Responses API, and its output items."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.endpoints.request_context import served_tier
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.logprobs import chat_entry
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """One response: what was asked, what is said, what it cost, and the members its profile shows."""

    id: str
    created_at: int
    body: JsonObject
    choice: GeneratedChoice
    usage: JsonObject
    draw: HashRandom
    members: tuple[str, ...]

    @property
    def status(self) -> str:
        return "incomplete" if self.choice.finish_reason == "length" else "completed"

    @property
    def has_annotations(self) -> bool:
        """Whether a text shows its annotations and log probabilities."""
        return "annotations" in self.members

    def as_json(self) -> JsonObject:
        """The finished response."""
        return self.as_json_at(self.status, self.output_items(self.status), self.usage)

    def as_json_at(self, status: str, output: list[JsonObject], usage: JsonObject | None) -> JsonObject:
        """The response as it stands at one moment."""
        made = {"id": self.id, "object": "response", "created_at": self.created_at, "status": status}
        cut: JsonObject = {"incomplete_details": {"reason": "max_output_tokens"}} if status == "incomplete" else {}
        shown = self.settings() if "settings" in self.members else {"model": self.body["model"]}
        return {**made, **shown, **cut, "output": output, "usage": usage}

    def settings(self) -> JsonObject:
        """The request's settings, as the response repeats them, and what did not go wrong."""
        body = self.body
        return {
            "background": body.get("background", False),
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "metadata": body.get("metadata", {}),
            "model": body["model"],
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": body.get("previous_response_id"),
            "reasoning": {"effort": None, "summary": None, **body.get("reasoning", {})},
            "safety_identifier": body.get("safety_identifier"),
            "service_tier": served_tier(body),
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, **body.get("text", {})},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools", []),
            "top_logprobs": body.get("top_logprobs", 0),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "user": body.get("user"),
        }

    @property
    def has_reasoning_item(self) -> bool:
        """Whether the thinking stands in an item of its own before what is said."""
        thinking = self.choice.thinking
        return thinking is not None and not thinking.member and bool(self.choice.thought)

    def output_items(self, status: str) -> list[JsonObject]:
        first = [self.reasoning_item(self.reasoning_summary())] if self.has_reasoning_item else []
        if self.choice.calls:
            return first + [self.call_item(index, call, status) for index, call in enumerate(self.choice.calls)]
        content = [self.content_part(kind, "".join(tokens)) for kind, tokens in self.content_parts()]
        return [*first, self.message_item(status, content)]

    def reasoning_summary(self) -> list[JsonObject]:
        """What is told of the thinking, where that is asked for."""
        if not self.body.get("reasoning", {}).get("summary"):
            return []
        return [{"type": "summary_text", "text": "".join(self.choice.thought)}]

    def reasoning_item(self, summary: list[JsonObject]) -> JsonObject:
        made: JsonObject = {
            "id": f"rs_{self.draw.derive(self.id, 'reasoning').hex(24)}",
            "type": "reasoning",
            "summary": summary,
        }
        if "reasoning.encrypted_content" in self.body.get("include", ()):
            made["encrypted_content"] = base64.b64encode("".join(self.choice.thought).encode()).decode()
        return made

    def content_parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """The kinds of the message's parts and their tokens: the thought where it is shown apart, and the text."""
        thought = tuple(token for _, token in self.choice.separate_thought)
        return [*([("reasoning", thought)] if thought else []), ("output_text", self.choice.tokens)]

    def content_part(self, kind: str, text: str) -> JsonObject:
        marks: JsonObject = {}
        if self.has_annotations and kind == "output_text":
            marks = {"annotations": [], "logprobs": self.logprobs(tokenize(text))}
        return {"type": kind, "text": text, **marks}

    def logprobs(self, tokens: Sequence[str]) -> list[JsonObject]:
        """The log probabilities of these tokens, where they are asked for."""
        if "message.output_text.logprobs" not in self.body.get("include", ()):
            return []
        return [chat_entry(token, int(self.body.get("top_logprobs", 0))) for token in tokens]

    def message_item(self, status: str, content: list[JsonObject]) -> JsonObject:
        made = f"msg_{self.draw.derive(self.id, 'message').hex(24)}"
        return {"id": made, "type": "message", "status": status, "role": "assistant", "content": content}

    def call_item(self, index: int, call: Call, status: str) -> JsonObject:
        return {
            "id": f"fc_{self.draw.derive(self.id, 'call', index).hex(24)}",
            "type": "function_call",
            "status": status,
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
