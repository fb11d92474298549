"""A conversation with tools, of any content and length."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check


@check("generated.conversation")
def test_conversation(exchanges: tuple[Exchange, ...]) -> None:
    """Every turn of a conversation is served: answers go back as they came, calls with their results, and no two calls
    have one id."""
    ids: set[str] = set()
    for n, exchange in enumerate(exchanges, 1):
        expect.success(exchange)
        # The parts of the message that go back.
        expect.text(exchange)
        for call in expect.tool_calls(exchange):
            fresh = isinstance(call.id, str) and call.id not in ids
            expect.condition(fresh, "an id that no call had before", call.id, where=f"turn {n}")
            ids.add(str(call.id))
