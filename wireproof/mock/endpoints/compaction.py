"""Compacts a conversation: the messages of the user stay, and one item stands for the rest."""

from __future__ import annotations

import base64

from wireproof.mock.endpoints.input_items import items_from_input
from wireproof.mock.endpoints.request_context import RequestContext, find_model
from wireproof.mock.endpoints.response_input import input_member
from wireproof.mock.endpoints.responses import (
    check_references,
    earlier_response,
    items_by_id,
    with_earlier_conversation,
)
from wireproof.mock.endpoints.usage import response_usage
from wireproof.mock.model.conversation import Conversation, count_prompt_tokens
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.tokenizer import count_tokens
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, missing_field

MEMBERS = frozenset(
    {
        "model", "input", "previous_response_id", "instructions", "service_tier",
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
    }
)  # fmt: skip


def compact_conversation(context: RequestContext, raw_body: JsonObject) -> PlainAnswer:
    """Returns the compacted conversation, which a later request gives as its input."""
    body_validation.refuse_unknown(name for name in raw_body if name not in MEMBERS)
    rules = context.profile.rules("responses")
    body = body_validation.validate_body(raw_body, rules)
    if "model" not in body:
        raise missing_field("model")
    find_model(context, body["model"], "chat")
    check_references(context, body)
    conversation = with_earlier_conversation(context, body, rules)
    id = context.new_id("resp_", HashRandom.from_values(body["model"], body[input_member(body)]))
    summary = summary_of(conversation)
    usage = response_usage(context.profile, count_prompt_tokens(conversation), max(1, count_tokens(summary)))
    output = [*user_messages(context, body, id), compaction_item(id, summary)]
    created = {"id": id, "object": "response.compaction", "created_at": context.created}
    return PlainAnswer(200, {**created, "output": output, "usage": usage})


def user_messages(context: RequestContext, body: JsonObject, id: str) -> list[JsonObject]:
    """The messages of the user, of this request and of the responses that it continues."""
    earlier = earlier_response(context, body).input_items if "previous_response_id" in body else []
    items = [*earlier, *items_from_input(body[input_member(body)], items_by_id(context), id)]
    return [item for item in items if item["type"] == "message" and item["role"] == "user"]


def summary_of(conversation: Conversation) -> str:
    """The text of the model, for the item that replaces its messages."""
    return "\n".join(line.text for line in conversation.lines if line.role == "assistant" and line.text)


def compaction_item(id: str, summary: str) -> JsonObject:
    return {
        "id": f"cmp_{HashRandom.from_values('compaction', id).hex(24)}",
        "type": "compaction",
        "encrypted_content": base64.b64encode(summary.encode()).decode(),
    }
