"""The response object of the Responses API, and its output items."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from wireproof.mock.endpoints.request_context import served_tier
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.logprobs import chat_entry
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.provider.body_validation import JsonObject

# The prefix of the id, the type, and the member with the arguments of each kind of call.
FUNCTION_CALL = "fc", "function_call", "arguments"
CUSTOM_CALL = "ctc", "custom_tool_call", "input"
# Type of a part of a message → the member with its text, if that is not `text`.
TEXT_MEMBERS = {"refusal": "refusal"}
# Reason why a choice ended → the reason why its response is incomplete.
INCOMPLETE_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """One response: the request, the generated choice, and the usage.

    Attributes:
        members: the optional members that its profile shows.
        delay_s: the seconds before it begins.
    """

    id: str
    created_at: int
    body: JsonObject
    choice: GeneratedChoice
    usage: JsonObject
    draw: HashRandom
    members: tuple[str, ...]
    delay_s: float = 0.0

    @property
    def status(self) -> str:
        return "incomplete" if self.choice.finish_reason in INCOMPLETE_REASONS else "completed"

    @property
    def has_annotations(self) -> bool:
        """True if a text shows its annotations and log probabilities."""
        return "annotations" in self.members

    def as_json(self) -> JsonObject:
        """The finished response."""
        return self.as_json_at(self.status, self.output_items(self.status), self.usage)

    def as_json_at(self, status: str, output: list[JsonObject], usage: JsonObject | None) -> JsonObject:
        """The response with this status and output."""
        identity = {"id": self.id, "object": "response", "created_at": self.created_at, "status": status}
        reason = INCOMPLETE_REASONS.get(self.choice.finish_reason)
        details: JsonObject = {"incomplete_details": {"reason": reason}} if status == "incomplete" else {}
        settings = self.settings() if "settings" in self.members else {"model": self.body["model"]}
        if "completed_at" in settings and status != "completed":
            details["completed_at"] = None
        return {**identity, **settings, **details, "output": output, "usage": usage}

    def settings(self) -> JsonObject:
        """The settings of the request, as the response repeats them, and the members that report no error."""
        body = self.body
        return {
            "background": body.get("background", False),
            "completed_at": self.created_at,
            "error": None,
            "frequency_penalty": 0.0,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "max_tool_calls": body.get("max_tool_calls"),
            "metadata": body.get("metadata", {}),
            "model": body["model"],
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "presence_penalty": 0.0,
            "prompt_cache_key": body.get("prompt_cache_key"),
            "previous_response_id": body.get("previous_response_id"),
            "reasoning": {"effort": None, "summary": None, **body.get("reasoning", {})},
            "safety_identifier": body.get("safety_identifier"),
            "service_tier": served_tier(body),
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, **body.get("text", {})},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": [with_strict(tool) for tool in body.get("tools", ())],
            "top_logprobs": body.get("top_logprobs", 0),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "user": body.get("user"),
        }

    @property
    def has_reasoning_item(self) -> bool:
        """True if the reasoning has an item of its own before the message."""
        thinking = self.choice.thinking
        return thinking is not None and not thinking.member and bool(self.choice.thought)

    def output_items(self, status: str) -> list[JsonObject]:
        first = [self.reasoning_item(self.reasoning_summary())] if self.has_reasoning_item else []
        calls = [self.call_item(index, call, status) for index, call in enumerate(self.choice.calls)]
        if not self.has_message:
            return first + calls
        content = [self.content_part(kind, "".join(tokens)) for kind, tokens in self.content_parts()]
        return [*first, self.message_item(status, content), *calls]

    @property
    def has_message(self) -> bool:
        """True if there is a message, with a text or a refusal, beside or instead of calls."""
        return self.choice.has_text or bool(self.choice.refusal)

    def reasoning_summary(self) -> list[JsonObject]:
        """The summary of the reasoning, if the request asks for it."""
        if not self.body.get("reasoning", {}).get("summary"):
            return []
        return [{"type": "summary_text", "text": "".join(self.choice.thought)}]

    def reasoning_item(self, summary: list[JsonObject]) -> JsonObject:
        item: JsonObject = {
            "id": f"rs_{self.draw.derive(self.id, 'reasoning').hex(24)}",
            "type": "reasoning",
            "summary": summary,
        }
        if "reasoning.encrypted_content" in self.body.get("include", ()):
            item["encrypted_content"] = base64.b64encode("".join(self.choice.thought).encode()).decode()
        return item

    def content_parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """The type and the tokens of each part of the message: the thought if it is separate, and the text."""
        thought = tuple(token for _, token in self.choice.separate_thought)
        said = ("refusal", self.choice.refusal) if self.choice.refusal else ("output_text", self.choice.tokens)
        return [*([("reasoning", thought)] if thought else []), said]

    def content_part(self, kind: str, text: str) -> JsonObject:
        details: JsonObject = {}
        if self.has_annotations and kind == "output_text":
            details = {"annotations": [], "logprobs": self.logprobs(tokenize(text))}
        return {"type": kind, TEXT_MEMBERS.get(kind, "text"): text, **details}

    def logprobs(self, tokens: Sequence[str]) -> list[JsonObject]:
        """The log probabilities of these tokens, if the request asks for them."""
        if "message.output_text.logprobs" not in self.body.get("include", ()):
            return []
        return [chat_entry(token, int(self.body.get("top_logprobs", 0))) for token in tokens]

    def message_item(self, status: str, content: list[JsonObject]) -> JsonObject:
        item_id = f"msg_{self.draw.derive(self.id, 'message').hex(24)}"
        return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}

    def call_item(self, index: int, call: Call, status: str) -> JsonObject:
        prefix, kind, member = CUSTOM_CALL if call.is_custom else FUNCTION_CALL
        return {
            "id": f"{prefix}_{self.draw.derive(self.id, 'call', index).hex(24)}",
            "type": kind,
            "status": status,
            "call_id": call.id,
            "name": call.name,
            member: call.arguments,
        }


def with_strict(tool: JsonObject) -> JsonObject:
    """A tool as a response repeats it: a function is strict unless the request says otherwise."""
    return {"strict": True, **tool} if tool["type"] == "function" else tool
