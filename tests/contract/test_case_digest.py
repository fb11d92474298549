"""The digest of a case tells apart whatever is asked in another way, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from wireproof.contract.case import Case, RequestSpec

ASK = RequestSpec("chat", "chat", body={"model": "$model"})
CASE = Case("plain", "chat", "one chat", (ASK,))
# What a case is called and when it is asked says nothing of what is asked.
NAMES = {"name": "other", "area": "models", "says": "two chats", "profile": "core"}
ASKED: dict[str, Any] = {
    "asks": (ASK, ASK),
    "feature": "tools",
    "refused": "wrong-type",
    "repeat": 2,
    "connection": "same",
    "together": True,
    "either": True,
}
REQUEST: dict[str, Any] = {
    "endpoint": "models",
    "model": "vision",
    "method": "PUT",
    "path": "/other",
    "headers": {"A": "b"},
    "content_type": None,
    "body": {"model": 7},
    "form": {"file": "x"},
    "raw": b"{",
    "pad": 100,
    "cap": 8,
    "key": "none",
    "scheme": None,
    "cell": "down",
    "clock": 61.0,
    "slots": 1,
    "framing": "chunked",
    "leave_after": 8,
    "leave_in": 0.3,
    "save": {"id": "/id"},
}


def test_the_examples_name_every_field() -> None:
    assert NAMES.keys() | ASKED.keys() == {field.name for field in fields(Case)}
    assert REQUEST.keys() == {field.name for field in fields(RequestSpec)}


@pytest.mark.parametrize("name", ASKED)
def test_a_case_that_asks_in_another_way_has_another_digest(name: str) -> None:
    assert replace(CASE, **{name: ASKED[name]}).digest != CASE.digest


@pytest.mark.parametrize("name", REQUEST)
def test_a_request_that_says_something_else_has_another_digest(name: str) -> None:
    other = replace(ASK, **{name: REQUEST[name]})
    assert replace(CASE, asks=(other,)).digest != CASE.digest


@pytest.mark.parametrize("name", NAMES)
def test_a_case_of_another_name_that_asks_the_same_has_the_same_digest(name: str) -> None:
    assert replace(CASE, **{name: NAMES[name]}).digest == CASE.digest


def test_ways_of_asking_are_told_apart() -> None:
    ways = [replace(CASE, connection="same"), replace(CASE, together=True), replace(CASE, either=True)]
    assert len({case.digest for case in (CASE, *ways)}) == 4
