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


@check("chat.updated", proves_obeyed=("metadata",))
def test_updated(exchanges: tuple[Exchange, ...]) -> None:
    """New metadata of a stored chat replaces what it had, the chat keeps its id and its text, and is found by it."""
    *_, made, changed, listed = exchanges
    created, wanted = expect.answer(made), expect.request_body(changed)["metadata"]
    found = expect.page_entries(expect.answer(listed))
    expect.condition([chat.get("id") for chat in found] == [created.get("id")], "this chat alone", found, at="/data")
    for chat in (expect.answer(changed), *found):
        for place in ("/id", "/choices/0/message/content"):
            expect.equal(expect.member(chat, place, str), expect.member(created, place, str), at=place)
        metadata = chat.get("metadata")
        expect.condition(metadata == wanted, expect.display_text(wanted), metadata, at="/metadata")


@check("chat.deletion-confirmed")
def test_deletion_confirmed(exchanges: tuple[Exchange, ...]) -> None:
    """The deletion of a stored chat is confirmed by its id and by an object of its own."""
    created, confirmation = expect.answer(exchanges[0]), expect.answer(exchanges[-2])
    expect.equal(confirmation.get("id"), created.get("id"), at="/id")
    expect.equal(confirmation.get("object"), "chat.completion.deleted", at="/object")
    expect.condition(confirmation.get("deleted") is True, "true", confirmation.get("deleted"), at="/deleted")


@check("chat.messages-listed", proves_obeyed=("store",))
def test_messages_listed(exchanges: tuple[Exchange, ...]) -> None:
    """The messages of a stored chat are those of its request, in their order, each with an id of its own."""
    wanted = [(message["role"], message["content"]) for message in expect.request_body(exchanges[0])["messages"]]
    listed = expect.page_entries(expect.answer(exchanges[1]))
    expect.condition(
        [(message.get("role"), message.get("content")) for message in listed] == wanted,
        expect.display_text(wanted),
        listed,
        at="/data",
    )


@check("chat.pages")
def test_pages(exchanges: tuple[Exchange, ...]) -> None:
    """The list of stored chats has as many entries as `limit`, those after the id `after`, in `order`."""
    *_, first, second = [expect.member(expect.answer(exchange), "/id", str) for exchange in exchanges[:3]]
    pages = list(map(expect.answer, exchanges[3:]))
    found = [entry.get("id") for page in pages for entry in expect.page_entries(page)]
    expect.condition(found == [second, first], expect.display_text([second, first]), found, at="/data")
    expect.follow_each_other(pages, (1, 1))
