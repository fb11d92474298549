"""The digest of a case changes with what the case sends, and with nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from wireproof.contract.case import Case, RequestSpec

ASK = RequestSpec("chat", "chat", body={"model": "$model"})
CASE = Case("plain", "chat", "one chat", (ASK,))
# Fields that do not change what is sent.
DESCRIPTION = {"name": "other", "area": "models", "says": "two chats", "profile": "core"}
SENDING: dict[str, Any] = {
    "asks": (ASK, ASK),
    "features": ("tools",),
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


def test_the_examples_have_every_field() -> None:
    assert DESCRIPTION.keys() | SENDING.keys() == {field.name for field in fields(Case)}
    assert REQUEST.keys() == {field.name for field in fields(RequestSpec)}


@pytest.mark.parametrize("name", SENDING)
def test_a_case_that_is_sent_differently_has_another_digest(name: str) -> None:
    assert replace(CASE, **{name: SENDING[name]}).digest != CASE.digest


@pytest.mark.parametrize("name", REQUEST)
def test_another_request_gives_another_digest(name: str) -> None:
    other = replace(ASK, **{name: REQUEST[name]})
    assert replace(CASE, asks=(other,)).digest != CASE.digest


@pytest.mark.parametrize("name", DESCRIPTION)
def test_another_description_gives_the_same_digest(name: str) -> None:
    assert replace(CASE, **{name: DESCRIPTION[name]}).digest == CASE.digest


def test_each_way_of_sending_has_its_own_digest() -> None:
    ways = [replace(CASE, connection="same"), replace(CASE, together=True), replace(CASE, either=True)]
    assert len({case.digest for case in (CASE, *ways)}) == 4
