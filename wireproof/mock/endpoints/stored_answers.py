"""Stored responses and chats: retrieved by their id, listed and deleted."""

from __future__ import annotations

from dataclasses import dataclass

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """A stored response, and the conversation that the next response continues."""

    response: JsonObject
    conversation: Conversation


def retrieve_response(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a stored response."""
    return PlainAnswer(200, context.stored_items.get(context.path_value or "").response)


def delete_response(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Deletes a stored response."""
    response_id = context.path_value or ""
    context.stored_items.get(response_id)
    context.stored_items.delete(response_id)
    return PlainAnswer(200, {"id": response_id, "object": "response", "deleted": True})


def retrieve_stored_chat(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a stored chat."""
    return PlainAnswer(200, context.stored_items.get(context.path_value or ""))


def list_stored_chats(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns every stored chat of the account."""
    chats = [item for item in context.stored_items.items.values() if isinstance(item, dict)]
    ends = {"first_id": chats[0]["id"], "last_id": chats[-1]["id"]} if chats else {"first_id": None, "last_id": None}
    return PlainAnswer(200, {"object": "list", "data": chats, **ends, "has_more": False})
