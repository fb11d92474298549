"""Responses that the server stores: retrieved, deleted, continued, generated in the background."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check, json_pointer

EARLY_STATUSES = ("queued", "in_progress", "completed")

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
    confirmation = expect.answer(exchanges[1])
    expect.condition(confirmation.get("deleted") is True, "true", confirmation.get("deleted"), at="/deleted")
    expect.client_error(exchanges[2])


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
