"""Responses that the server keeps: had again, deleted, gone on from, made in the background."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check, pointer

EARLY = ("queued", "in_progress", "completed")


@check("responses.stored", honours=("store",))
def test_stored(exchanges: tuple[Exchange, ...]) -> None:
    """A response is had again by its id, with the same output, unless it was not to be stored."""
    made, had = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    expect.equal(had.get("id"), made.get("id"), at="/id")
    texts = [[text for _, text in pointer.find(body, "/output/*/content/*/text")] for body in (made, had)]
    expect.that(texts[1] == texts[0], expect.shown(texts[0]), texts[1], at="/output")


@check("responses.deleted")
def test_deleted(exchanges: tuple[Exchange, ...]) -> None:
    """A response that is deleted is confirmed to be, by its id, and is not had again."""
    made, gone = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    expect.equal(gone.get("id"), made.get("id"), at="/id")
    expect.that(gone.get("deleted") is True, "true", gone.get("deleted"), at="/deleted")
    expect.refused_somehow(exchanges[2])


@check("responses.continued", honours=("previous_response_id",))
def test_continued(exchanges: tuple[Exchange, ...]) -> None:
    """A response that goes on from an earlier one knows what was said there."""
    body = expect.answer(exchanges[-1])
    said = [text for _, text in pointer.find(body, "/output/*/content/*/text") if isinstance(text, str)]
    expect.that(any("7341" in text for text in said), "text with 7341", said, at="/output")
    earlier = expect.asked(exchanges[-1])["previous_response_id"]
    expect.equal(body.get("previous_response_id"), earlier, at="/previous_response_id")


@check("responses.background", honours=("background",))
def test_background(exchanges: tuple[Exchange, ...]) -> None:
    """A response made in the background is told at once as queued or in progress, and had by its id from then on."""
    begun, had = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    expect.that(begun.get("status") in EARLY[:2], " or ".join(EARLY[:2]), begun.get("status"), at="/status")
    expect.that(begun.get("background") is True, "true", begun.get("background"), at="/background")
    expect.equal(had.get("id"), begun.get("id"), at="/id")
    expect.that(had.get("status") in EARLY, " or ".join(EARLY), had.get("status"), at="/status")
