"""What was stored: responses and chats had again by their id, listed and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import PlainAnswer

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """A stored response, and the conversation that the next one goes on from."""

    response: JsonObject
    conversation: Conversation


def retrieve_response(visit: RequestContext, given: JsonObject) -> PlainAnswer:
    """A stored response."""
    return PlainAnswer(200, visit.stored_items.get(visit.path_value or "").response)


def delete_response(visit: RequestContext, given: JsonObject) -> PlainAnswer:
    """A stored response is forgotten."""
    held = visit.path_value or ""
    visit.stored_items.get(held)
    visit.stored_items.delete(held)
    return PlainAnswer(200, {"id": held, "object": "response", "deleted": True})


def retrieve_stored_chat(visit: RequestContext, given: JsonObject) -> PlainAnswer:
    """A stored chat."""
    return PlainAnswer(200, visit.stored_items.get(visit.path_value or ""))


def list_stored_chats(visit: RequestContext, given: JsonObject) -> PlainAnswer:
    """Every stored chat of the account."""
    chats = [thing for thing in visit.stored_items.items.values() if isinstance(thing, dict)]
    ends = {"first_id": chats[0]["id"], "last_id": chats[-1]["id"]} if chats else {"first_id": None, "last_id": None}
    return PlainAnswer(200, {"object": "list", "data": chats, **ends, "has_more": False})
