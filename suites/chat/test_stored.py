"""Chats that the server was told to keep."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check


@check("chat.stored", proves_obeyed=("store", "metadata"))
def test_stored(exchanges: tuple[Exchange, ...]) -> None:
    """A chat that was to be stored is had again by its id, with the same choices and with its metadata."""
    made, had = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    for name in ("id", "model"):
        expect.equal(had.get(name), made.get(name), at=f"/{name}")
    told, kept = (expect.member(body, "/choices/0/message/content") for body in (made, had))
    expect.equal(kept, told, at="/choices/0/message/content")
    wanted = expect.request_body(exchanges[0])["metadata"]
    expect.condition(had.get("metadata") == wanted, expect.display_text(wanted), had.get("metadata"), at="/metadata")


@check("chat.unstored", proves_obeyed=("store",))
def test_unstored(exchanges: tuple[Exchange, ...]) -> None:
    """What was not to be stored, or was deleted, is not had again by its id."""
    expect.answer(exchanges[0])
    expect.client_error(exchanges[-1])


@check("chat.listed", proves_obeyed=("store",))
def test_listed(exchanges: tuple[Exchange, ...]) -> None:
    """A chat that was to be stored stands in the list of those that are."""
    made, listed = expect.member(expect.answer(exchanges[0]), "/id", str), expect.answer(exchanges[1])
    found = [one.get("id") for one in expect.member(listed, "/data", list) if isinstance(one, dict)]
    expect.condition(made in found, f"an entry with the id {made}", found, at="/data")
