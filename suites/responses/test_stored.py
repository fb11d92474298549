"""Responses that the server keeps: had again, deleted, gone on from, made in the background."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check, json_pointer

EARLY_STATUSES = ("queued", "in_progress", "completed")


@check("responses.stored", proves_obeyed=("store",))
def test_stored(exchanges: tuple[Exchange, ...]) -> None:
    """A response is had again by its id, with the same output, unless it was not to be stored."""
    made, had = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    texts = [[text for _, text in json_pointer.find(body, "/output/*/content/*/text")] for body in (made, had)]
    expect.condition(texts[1] == texts[0], expect.display_text(texts[0]), texts[1], at="/output")


@check("responses.stored-id")
def test_stored_id(exchanges: tuple[Exchange, ...]) -> None:
    """A response has one id wherever it is told: made, had again, deleted, or gone on from."""
    made, later = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    place = "previous_response_id" if exchanges[1].request.method == "POST" else "id"
    expect.equal(later.get(place), made.get("id"), at=f"/{place}")


@check("responses.deleted")
def test_deleted(exchanges: tuple[Exchange, ...]) -> None:
    """A response that is deleted is confirmed to be, and is not had again."""
    gone = expect.answer(exchanges[1])
    expect.condition(gone.get("deleted") is True, "true", gone.get("deleted"), at="/deleted")
    expect.client_error(exchanges[2])


@check("responses.continued", proves_obeyed=("previous_response_id",))
def test_continued(exchanges: tuple[Exchange, ...]) -> None:
    """A response that goes on from an earlier one knows what was said there."""
    body = expect.answer(exchanges[-1])
    said = [text for _, text in json_pointer.find(body, "/output/*/content/*/text") if isinstance(text, str)]
    expect.condition(any("7341" in text for text in said), "text with 7341", said, at="/output")


@check("responses.background", proves_obeyed=("background",))
def test_background(exchanges: tuple[Exchange, ...]) -> None:
    """A response made in the background is told at once as queued or in progress, and had by its id from then on."""
    begun, had = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    expect.condition(
        begun.get("status") in EARLY_STATUSES[:2], " or ".join(EARLY_STATUSES[:2]), begun.get("status"), at="/status"
    )
    expect.condition(begun.get("background") is True, "true", begun.get("background"), at="/background")
    expect.condition(had.get("status") in EARLY_STATUSES, " or ".join(EARLY_STATUSES), had.get("status"), at="/status")
