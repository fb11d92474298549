"""Stored responses: retrieved by their id, resumed as a stream, cancelled and deleted, and their input items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wireproof.mock.endpoints.page import choice_in_query, page_of, query_of
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.endpoints.response_object import ResponseObject
from wireproof.mock.endpoints.response_stream import build_events
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.provider.body_validation import JsonObject, out_of_range


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A stored response.

    Attributes:
        made: the response as it was generated, with the events of its stream.
        response: the response as it is retrieved.
        conversation: the conversation that the next response continues.
        input_items: the items of its input, those of the responses that it continues included.
        is_pending: true for a response in the background that no request has found to be finished.
    """

    made: ResponseObject
    response: JsonObject
    conversation: Conversation
    input_items: list[JsonObject]
    is_pending: bool = False


def find_response(context: RequestContext) -> StoredResponse:
    """Returns the response that the path names; raises RequestRefused if none is stored by this id."""
    stored: StoredResponse = context.stored_items.get(context.path_value or "", kind=StoredResponse)
    return stored


def retrieve_response(context: RequestContext, body: JsonObject) -> Answer:
    """Returns a stored response, whole or as the events after `starting_after`."""
    stored, query = find_response(context), query_of(context)
    if choice_in_query(query, "stream", ("true", "false"), "false") == "true":
        if stored.response["status"] == "cancelled":
            raise out_of_range("stream", "Invalid 'stream': this response was cancelled.")
        return StreamAnswer(200, events_after(build_events(stored.made), query))
    if stored.is_pending:
        context.stored_items.store(stored.made.id, replace(stored, is_pending=False))
    return PlainAnswer(200, stored.response)


def events_after(events: tuple[OutgoingEvent, ...], query: Mapping[str, str]) -> tuple[OutgoingEvent, ...]:
    """The events after the sequence number that the query names; all of them if it names none."""
    number = query.get("starting_after")
    if number is not None and not number.isdecimal():
        raise out_of_range("starting_after", "Invalid 'starting_after': expected the number of an event.")
    return events if number is None else events[int(number) + 1 :]


def cancel_response(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Cancels a response in the background; one that is finished stays as it is."""
    stored = find_response(context)
    if not stored.made.body.get("background"):
        raise out_of_range("response_id", "Only a response in the background can be cancelled.")
    if not stored.is_pending:
        return PlainAnswer(200, stored.response)
    cancelled = replace(stored, response=stored.made.as_json_at("cancelled", [], None), is_pending=False)
    context.stored_items.store(stored.made.id, cancelled)
    return PlainAnswer(200, cancelled.response)


def delete_response(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Deletes a stored response."""
    response_id = find_response(context).made.id
    context.stored_items.delete(response_id)
    return PlainAnswer(200, {"id": response_id, "object": "response", "deleted": True})


def list_input_items(context: RequestContext, body: JsonObject) -> PlainAnswer:
    """Returns a page of the input items of a stored response, the latest first."""
    return page_of(context, find_response(context).input_items, "desc")
