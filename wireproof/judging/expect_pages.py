"""Expectations about lists that come in pages, with the ids of their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.judging.expect_values import condition, equal, member

Page = Mapping[str, Any]


def page_entries(body: Page) -> list[Mapping[str, Any]]:
    """Requires entries with an id of their own, the first and the last of which the page names; returns them."""
    __tracebackhide__ = True
    entries: list[Mapping[str, Any]] = member(body, "/data", list)
    ids = [member(body, f"/data/{index}/id", str) for index in range(len(entries))]
    condition(len(set(ids)) == len(ids), "ids that differ", ids, at="/data/*/id")
    for name, id in (("first_id", ids[0]), ("last_id", ids[-1])) if ids else ():
        equal(body.get(name), id, at=f"/{name}")
    return entries


def follow_each_other(pages: Sequence[Page], sizes: Sequence[int]) -> None:
    """Requires pages of these sizes without a common entry, of which each but the last says that there is more."""
    __tracebackhide__ = True
    ids = [[entry["id"] for entry in page_entries(page)] for page in pages]
    condition([len(page) for page in ids] == list(sizes), f"pages of {list(sizes)} entries", ids, at="/data")
    together = [id for page in ids for id in page]
    condition(len(set(together)) == len(together), "no entry of the page before", ids, at="/data")
    for number, page in enumerate(pages, start=1):
        condition(
            page.get("has_more") is (number < len(pages)),
            "false" if number == len(pages) else "true",
            page.get("has_more"),
            where=f"page {number}",
            at="/has_more",
        )
