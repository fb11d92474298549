"""Expectations about pages: their ends, their entries, and whether there is more."""

from __future__ import annotations

from typing import Any

import pytest

from wireproof.judging import expect
from wireproof.judging.check import Violation


def page(*ids: str, more: bool = False, **members: Any) -> dict[str, Any]:
    ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {"first_id": None, "last_id": None}
    return {"data": [{"id": id} for id in ids], **ends, "has_more": more, **members}


def test_the_entries_of_a_page_are_returned() -> None:
    assert expect.page_entries(page("a", "b")) == [{"id": "a"}, {"id": "b"}]
    assert expect.page_entries(page()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(page("a", "a"), id="the-same-id-twice"),
        pytest.param(page("a", "b", last_id="a"), id="another-last-id"),
        pytest.param(page("a", "b", first_id=None), id="no-first-id"),
        pytest.param({**page("a"), "data": [{}]}, id="an-entry-without-id"),
        pytest.param({**page("a"), "data": {}}, id="no-list"),
    ],
)
def test_a_page_whose_ends_do_not_fit_is_a_violation(wrong: dict[str, Any]) -> None:
    with pytest.raises(Violation):
        expect.page_entries(wrong)


def test_pages_follow_each_other() -> None:
    expect.follow_each_other([page("a", "b", more=True), page("c")], (2, 1))


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page("a", "b", more=True), page("b")], id="an-entry-comes-again"),
        pytest.param([page("a", "b", "c", more=True), page("d")], id="more-than-asked-for"),
        pytest.param([page("a", "b"), page("c")], id="more-is-not-said"),
        pytest.param([page("a", "b", more=True), page("c", more=True)], id="more-is-said-at-the-end"),
        pytest.param([page("a", "b", more=True), page("c", has_more=0)], id="a-number-for-false"),
    ],
)
def test_pages_that_do_not_follow_each_other_are_a_violation(pages: list[dict[str, Any]]) -> None:
    with pytest.raises(Violation):
        expect.follow_each_other(pages, (2, 1))
