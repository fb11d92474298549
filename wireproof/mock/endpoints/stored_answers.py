"""What was stored: responses and chats had again by their id, listed and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wireproof.mock.endpoints.request_context import Visit
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import PlainAnswer

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored response, and the conversation that the next one goes on from."""

    response: Json
    conversation: Conversation


def response(visit: Visit, given: Json) -> PlainAnswer:
    """A stored response."""
    return PlainAnswer(200, visit.kept.get(visit.held or "").response)


def response_deleted(visit: Visit, given: Json) -> PlainAnswer:
    """A stored response is forgotten."""
    held = visit.held or ""
    visit.kept.get(held)
    visit.kept.delete(held)
    return PlainAnswer(200, {"id": held, "object": "response", "deleted": True})


def chat_stored(visit: Visit, given: Json) -> PlainAnswer:
    """A stored chat."""
    return PlainAnswer(200, visit.kept.get(visit.held or ""))


def chats_stored(visit: Visit, given: Json) -> PlainAnswer:
    """Every stored chat of the account."""
    chats = [thing for thing in visit.kept.items.values() if isinstance(thing, dict)]
    ends = {"first_id": chats[0]["id"], "last_id": chats[-1]["id"]} if chats else {"first_id": None, "last_id": None}
    return PlainAnswer(200, {"object": "list", "data": chats, **ends, "has_more": False})
