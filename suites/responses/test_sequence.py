"""The sequence numbers of a streamed response."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


@check("responses.sequence-whole")
def test_sequence_whole(exchange: Exchange) -> None:
    """No sequence number of a stream is missing, repeated or out of order, if its events have any."""
    found = [(place, value.get("sequence_number")) for place, _, value in expect.events(exchange)]
    if all(number is None for _, number in found):
        raise Inconclusive("the events have no sequence numbers")
    before: int | None = None
    for place, number in found:
        is_next = isinstance(number, int) and (before is None or number == before + 1)
        wanted = "a whole number" if before is None else f"{before + 1}"
        expect.condition(is_next, wanted, number, where=place, at="/sequence_number")
        before = number
