"""Stored chats: retrieved by their id, listed, changed and deleted, and their messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from wireproof.mock.endpoints.page import page_of, query_of
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject, missing_field, refuse_unknown, wrong_type
from wireproof.mock.provider.member_shapes import check_shape

METADATA_PARAMETER = re.compile(r"metadata\[(.+)\]")


@dataclass(frozen=True, slots=True)
class StoredChat:
    """A stored chat: the completion with its metadata, and the messages of its request."""

    completion: JsonObject
    messages: list[JsonObject]

    def numbered_messages(self) -> list[JsonObject]:
        """The messages with their ids; parts stand in a member of their own."""
        return [
            {"name": None, **message, **split_content(message), "id": f"{self.completion['id']}-{index}"}
            for index, message in enumerate(self.messages)
        ]


def split_content(message: JsonObject) -> JsonObject:
    """The content of a message: its text, or the parts that the request gave in its place."""
    content = message.get("content")
    if isinstance(content, list):
        return {"content": None, "content_parts": content}
    return {"content": content, "content_parts": None}


def find_chat(context: RequestContext) -> StoredChat:
    """Returns the chat that the path names; raises RequestRefused if none is stored by this id."""
    stored: StoredChat = context.stored_items.get(context.path_value or "", kind=StoredChat)
    return stored


def retrieve_stored_chat(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a stored chat."""
    return PlainAnswer(200, find_chat(context).completion)


def update_stored_chat(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Replaces the metadata of a stored chat, and returns the chat."""
    chat = find_chat(context)
    refuse_unknown(name for name in body if name != "metadata")
    if "metadata" not in body:
        raise missing_field("metadata")
    metadata = body["metadata"]
    if metadata is not None and not isinstance(metadata, dict):
        raise wrong_type("metadata", "object")
    check_shape("chat", "metadata", metadata or {}, strict=True)
    changed = replace(chat, completion={**chat.completion, "metadata": metadata or {}})
    context.stored_items.store(chat.completion["id"], changed)
    return PlainAnswer(200, changed.completion)


def delete_stored_chat(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Deletes a stored chat."""
    chat_id = find_chat(context).completion["id"]
    context.stored_items.delete(chat_id)
    return PlainAnswer(200, {"object": "chat.completion.deleted", "id": chat_id, "deleted": True})


def list_chat_messages(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a page of the messages of a stored chat."""
    return page_of(context, find_chat(context).numbered_messages(), "asc")


def list_stored_chats(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a page of the stored chats of the account, of the model and with the metadata that the query names."""
    query = query_of(context)
    # A copy, because another request of the account may store a chat meanwhile.
    stored = [item for item in tuple(context.stored_items.items.values()) if isinstance(item, StoredChat)]
    return page_of(context, [chat.completion for chat in stored if fits_query(chat.completion, query)], "asc")


def fits_query(completion: JsonObject, query: Mapping[str, str]) -> bool:
    """True if a chat is of the model, and has the metadata, that the query names."""
    wanted = {match[1]: value for name, value in query.items() if (match := METADATA_PARAMETER.fullmatch(name))}
    metadata: dict[str, str] = completion["metadata"]
    of_model: bool = completion["model"] == query.get("model", completion["model"])
    return of_model and wanted.items() <= metadata.items()
