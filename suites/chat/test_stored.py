"""Chats that the server was told to store."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check


@check("chat.stored", proves_obeyed=("store", "metadata"))
def test_stored(exchanges: tuple[Exchange, ...]) -> None:
    """A stored chat is returned by its id, with the same choices and with its metadata."""
    created, retrieved = expect.answer(exchanges[0]), expect.answer(exchanges[1])
    for name in ("id", "model"):
        expect.equal(retrieved.get(name), created.get(name), at=f"/{name}")
    first_content, later_content = (expect.member(body, "/choices/0/message/content") for body in (created, retrieved))
    expect.equal(later_content, first_content, at="/choices/0/message/content")
    wanted = expect.request_body(exchanges[0])["metadata"]
    expect.condition(
        retrieved.get("metadata") == wanted, expect.display_text(wanted), retrieved.get("metadata"), at="/metadata"
    )


@check("chat.unstored", proves_obeyed=("store",))
def test_unstored(exchanges: tuple[Exchange, ...]) -> None:
    """A chat that was not stored, or was deleted, is not returned by its id."""
    expect.answer(exchanges[0])
    expect.client_error(exchanges[-1])


@check("chat.listed", proves_obeyed=("store",))
def test_listed(exchanges: tuple[Exchange, ...]) -> None:
    """A stored chat is in the list of stored chats."""
    created_id, listed = expect.member(expect.answer(exchanges[0]), "/id", str), expect.answer(exchanges[1])
    found = [entry.get("id") for entry in expect.member(listed, "/data", list) if isinstance(entry, dict)]
    expect.condition(created_id in found, f"an entry with the id {created_id}", found, at="/data")
