"""Members beyond the description, which clients read if they are present."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, check

DESCRIBED = frozenset(
    {
        "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint", "moderation",
        "index", "message", "finish_reason", "logprobs",
        "role", "content", "refusal", "annotations", "tool_calls", "function_call", "audio",
    }
)  # fmt: skip


def undescribed_members(exchange: Exchange) -> Iterator[tuple[str, str, Any]]:
    """Yields pattern, place and value of each undescribed member of the answer, its choices and their messages."""
    body = expect.answer(exchange)
    yield from undescribed_members_of(body, "", "")
    for at in range(len(expect.member(body, "/choices", list))):
        choice = expect.member(body, f"/choices/{at}", dict)
        yield from undescribed_members_of(choice, "/choices/*", f"/choices/{at}")
        message = choice.get("message")
        if isinstance(message, dict):
            yield from undescribed_members_of(message, "/choices/*/message", f"/choices/{at}/message")


def undescribed_members_of(container: Mapping[str, Any], pattern: str, at: str) -> Iterator[tuple[str, str, Any]]:
    """Yields the undescribed members of one object."""
    for name in container.keys() - DESCRIBED:
        yield f"{pattern}/{name}", f"{at}/{name}", container[name]


@check("chat.steady-members")
def test_steady_members(exchanges: tuple[Exchange, ...]) -> None:
    """A member of the vendor's own has one type wherever it stands, null being a type as well."""
    types_by_pattern: dict[str, type] = {}
    for exchange in exchanges:
        for pattern, at, value in undescribed_members(exchange):
            kind = types_by_pattern.setdefault(pattern, type(value))
            expect.condition(type(value) is kind, f"a {kind.__name__}, as before", value, at=at)
