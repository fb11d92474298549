"""What was stored: responses and chats had again by their id, listed and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wireproof.mock.endpoints.request_context import Visit
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import Said

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored response, and the conversation that the next one goes on from."""

    response: Json
    conversation: Conversation


def response(visit: Visit, given: Json) -> Said:
    """A stored response."""
    return Said(200, visit.kept.get(visit.held or "").response)


def response_deleted(visit: Visit, given: Json) -> Said:
    """A stored response is forgotten."""
    held = visit.held or ""
    visit.kept.get(held)
    visit.kept.forget(held)
    return Said(200, {"id": held, "object": "response", "deleted": True})


def chat_stored(visit: Visit, given: Json) -> Said:
    """A stored chat."""
    return Said(200, visit.kept.get(visit.held or ""))


def chats_stored(visit: Visit, given: Json) -> Said:
    """Every stored chat of the account."""
    chats = [thing for thing in visit.kept.things.values() if isinstance(thing, dict)]
    ends = {"first_id": chats[0]["id"], "last_id": chats[-1]["id"]} if chats else {"first_id": None, "last_id": None}
    return Said(200, {"object": "list", "data": chats, **ends, "has_more": False})
