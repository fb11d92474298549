"""Responses that the server stores: retrieved, deleted, continued, generated in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check, json_pointer

EARLY_STATUSES = ("queued", "in_progress", "completed")
# What a response may be once it is cancelled: it may have ended before.
FINAL_STATUSES = ("cancelled", "completed", "failed", "incomplete")

# The checks that judge whether the second request of a case is served.
SERVED_BY = {"GET": "responses.stored", "DELETE": "responses.deleted", "POST": "wire.answered"}


@check("responses.stored", proves_obeyed=("store",))
def test_stored(exchanges: tuple[Exchange, ...]) -> None:
    """A response that is stored is returned by its id, with the same output."""
    created, retrieved = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    texts = [[text for _, text in json_pointer.find(body, "/output/*/content/*/text")] for body in (created, retrieved)]
    expect.condition(texts[1] == texts[0], expect.display_text(texts[0]), texts[1], at="/output")


@check("responses.stored-id")
def test_stored_id(exchanges: tuple[Exchange, ...]) -> None:
    """A response keeps its id when it is created, retrieved, deleted or continued."""
    created, second = expect.answer(exchanges[0]), exchanges[1]
    judged_by = expect.check_for_server_error(second) or SERVED_BY[second.request.method]
    actual = f"{second.status} with {expect.display_text(second.text)}"
    expect.condition(second.is_success, "a status of success (2xx)", actual, where="status line", judged_by=judged_by)
    later = expect.answer(second)
    place = "previous_response_id" if exchanges[1].request.method == "POST" else "id"
    expect.equal(later.get(place), created.get("id"), at=f"/{place}")


@check("responses.deleted")
def test_deleted(exchanges: tuple[Exchange, ...]) -> None:
    """The deletion of a response is confirmed, and the response is not returned any more."""
    confirmation = expect.answer(exchanges[-2])
    expect.condition(confirmation.get("deleted") is True, "true", confirmation.get("deleted"), at="/deleted")
    expect.client_error(exchanges[-1])


@check("responses.continued", proves_obeyed=("previous_response_id",))
def test_continued(exchanges: tuple[Exchange, ...]) -> None:
    """A response that continues an earlier one uses what was said there."""
    body = expect.answer(exchanges[-1])
    texts = [text for _, text in json_pointer.find(body, "/output/*/content/*/text") if isinstance(text, str)]
    expect.condition(any("7341" in text for text in texts), "text with 7341", texts, at="/output")


@check("responses.background", proves_obeyed=("background",))
def test_background(exchanges: tuple[Exchange, ...]) -> None:
    """A background response is returned at once as queued or in progress, and can be retrieved by its id."""
    created, retrieved = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    expect.condition(
        created.get("status") in EARLY_STATUSES[:2],
        " or ".join(EARLY_STATUSES[:2]),
        created.get("status"),
        at="/status",
    )
    expect.condition(created.get("background") is True, "true", created.get("background"), at="/background")
    expect.condition(
        retrieved.get("status") in EARLY_STATUSES, " or ".join(EARLY_STATUSES), retrieved.get("status"), at="/status"
    )


@check("responses.cancelled")
def test_cancelled(exchanges: tuple[Exchange, ...]) -> None:
    """A background response that is cancelled has reached its final status, and keeps it and its id."""
    created, cancelled, retrieved = map(expect.answer, exchanges)
    for later in (cancelled, retrieved):
        expect.equal(later.get("id"), created.get("id"), at="/id")
    expect.member(cancelled, "/output", list)
    status = cancelled.get("status")
    expect.condition(status in FINAL_STATUSES, " or ".join(FINAL_STATUSES), status, at="/status")
    expect.equal(retrieved.get("status"), status, at="/status")


@check("responses.resumed")
def test_resumed(exchanges: tuple[Exchange, ...]) -> None:
    """A stream that is requested again after an event has all later events, with the same numbers and content."""
    created, resumed = ([value for _, _, value in expect.events(exchange)] for exchange in exchanges)
    after = int(parse_qs(urlsplit(exchanges[1].request.url).query)["starting_after"][0])
    wanted, found = list(map(event_in_short, created[after + 1 :])), list(map(event_in_short, resumed))
    if not wanted:
        raise Inconclusive(f"the stream has no event after the number {after}")
    expect.condition(found == wanted, f"the {len(wanted)} events after number {after}", found, where="events")


def event_in_short(value: Mapping[str, Any]) -> tuple[Any, ...]:
    """The parts of an event that must be the same when it comes again."""
    return value.get("type"), value.get("sequence_number"), value.get("delta"), value.get("text")


@check("responses.input-listed")
def test_input_listed(exchanges: tuple[Exchange, ...]) -> None:
    """The input items of a stored response are those of its request, in their order, each with an id of its own."""
    sent = [(message["role"], [message["content"]]) for message in expect.request_body(exchanges[0])["input"]]
    listed = expect.page_entries(expect.answer(exchanges[1]))
    found = [(item.get("role"), texts_of_item(item)) for item in listed]
    expect.condition(found == sent, expect.display_text(sent), found, at="/data")


@check("responses.input-pages")
def test_input_pages(exchanges: tuple[Exchange, ...]) -> None:
    """The list of input items has at most `limit` items, those after the item `after`, the latest first."""
    sent = [message["content"] for message in reversed(expect.request_body(exchanges[0])["input"])]
    pages = list(map(expect.answer, exchanges[1:]))
    found = [text for page in pages for item in expect.page_entries(page) for text in texts_of_item(item)]
    expect.condition(found == sent, expect.display_text(sent), found, at="/data")
    expect.follow_each_other(pages, (2, 1))


def texts_of_item(item: Mapping[str, Any]) -> list[Any]:
    """The texts of the parts of an item."""
    return [text for _, text in json_pointer.find(item, "/content/*/text")]
