"""Member coverage: every request member is proved to be obeyed, or has a reason why no response proves it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from wireproof.contract import loading
from wireproof.evidence.exchange import Exchange, Request
from wireproof.judging.member_coverage import find_member_coverage, read_reasons
from wireproof.judging.request_members import has_member, ignored_members
from wireproof.judging.suite_loader import load_checks
from wireproof.report.docs.request_fields_page import request_fields_markdown

PAGE = Path(__file__).parents[2] / "docs" / "fields.md"
PROVIDERS = loading.load_providers()


@cache
def found():
    return find_member_coverage(PROVIDERS, load_checks())


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_member_of_a_request_is_proved_or_has_a_reason(name: str) -> None:
    assert [(one.endpoint, one.name) for one in found() if one.provider == name and one.state == "gap"] == []


def test_no_reason_is_given_for_a_member_that_is_proved_everywhere() -> None:
    needed = {(one.endpoint, one.name) for one in found() if one.state == "unproved"}
    given = {(endpoint, name) for endpoint, members in read_reasons().items() for name in members}
    assert given - needed == set()


def test_docs_fields_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == request_fields_markdown(found(), tuple(PROVIDERS)), (
        "run `wireproof fields --write docs/fields.md`"
    )


def test_members_of_proves_obeyed_exist_in_a_request() -> None:
    known = {
        member for one in PROVIDERS.values() for table in one.data["requests"].values() for member in table["fields"]
    }
    about = {name.partition(".")[0] for check in load_checks().values() for name in check.proves_obeyed}
    assert about - known == set()


def sent(body: bytes, status: int) -> Exchange:
    request = Request("POST", "http://127.0.0.1/v1/chat/completions", (), body)
    return Exchange("t", "c", "chat", 0, request, status, ended_ns=0)


def test_a_member_is_ignored_if_it_was_sent_and_the_request_succeeded() -> None:
    asked = {"exchange": (sent(b'{"stop": "5", "n": 2}', 200),)}
    assert ignored_members(("stop", "seed"), asked) == ("stop",)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"n": 2}', 200, id="not-sent"),
        pytest.param(b'{"stop": "5"}', 400, id="refused"),
        pytest.param(b"{", 200, id="no-json"),
    ],
)
def test_a_member_is_not_ignored_if_it_was_not_sent_or_was_refused(body: bytes, status: int) -> None:
    assert ignored_members(("stop",), {"exchange": (sent(body, status),)}) == ()


def test_a_dot_leads_to_a_nested_member() -> None:
    assert has_member({"text": {"format": {}}}, "text.format")
    assert not has_member({"text": "x"}, "text.format")
