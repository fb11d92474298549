"""The response object of the Responses API, and its output items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wireproof.mock.answer import Spoken
from wireproof.mock.draw import Draw
from wireproof.mock.tools import Call

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """One response: what was asked, what is said, what it cost."""

    id: str
    created_at: int
    body: Json
    spoken: Spoken
    usage: Json
    draw: Draw

    @property
    def status(self) -> str:
        return "incomplete" if self.spoken.finish == "length" else "completed"

    def whole(self) -> Json:
        """The finished response."""
        return self.at(self.status, self.items(self.status), self.usage)

    def at(self, status: str, output: list[Json], usage: Json | None) -> Json:
        """The response as it stands at one moment."""
        cut = {"reason": "max_output_tokens"} if status == "incomplete" else None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": cut,
            **self.echoed(),
            "output": output,
            "usage": usage,
        }

    def echoed(self) -> Json:
        """The request's settings, as the response repeats them."""
        body = self.body
        return {
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "metadata": body.get("metadata", {}),
            "model": body["model"],
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, **body.get("text", {})},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools", []),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "user": body.get("user"),
        }

    def items(self, status: str) -> list[Json]:
        if self.spoken.calls:
            return [self.call_item(index, call, status) for index, call in enumerate(self.spoken.calls)]
        return [self.message_item(status, [text_part(self.spoken.text)])]

    def message_item(self, status: str, content: list[Json]) -> Json:
        made = f"msg_{self.draw.at(self.id, 'message').hex(24)}"
        return {"id": made, "type": "message", "status": status, "role": "assistant", "content": content}

    def call_item(self, index: int, call: Call, status: str) -> Json:
        return {
            "id": f"fc_{self.draw.at(self.id, 'call', index).hex(24)}",
            "type": "function_call",
            "status": status,
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }


def text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
