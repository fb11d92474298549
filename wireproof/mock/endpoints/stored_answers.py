"""Stored responses and chats: retrieved by their id, listed and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject, out_of_range

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 100


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
    """Returns a page of the stored chats of the account: at most `limit`, those after the id `after`, in `order`."""
    query = dict(parse_qsl(context.request.query))
    chats = [item for item in context.stored_items.items.values() if isinstance(item, dict)]
    if choice_in_query(query, "order", ("asc", "desc"), "asc") == "desc":
        chats.reverse()
    if "after" in query:
        context.stored_items.get(query["after"], "after")
        chats = chats[[chat["id"] for chat in chats].index(query["after"]) + 1 :]
    limit = query.get("limit", str(DEFAULT_PAGE_SIZE))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE_SIZE:
        raise out_of_range("limit", f"Invalid 'limit': expected a number from 1 to {MAX_PAGE_SIZE}.")
    page = chats[: int(limit)]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return PlainAnswer(200, {"object": "list", "data": page, **ends, "has_more": len(page) < len(chats)})


def choice_in_query(query: Mapping[str, str], name: str, choices: Sequence[str], default: str) -> str:
    """One of the choices for a parameter of the query; raises RequestRefused for another value."""
    value = query.get(name, default)
    if value not in choices:
        raise out_of_range(name, f"Invalid '{name}': expected one of {list(choices)}.")
    return value
