"""Requests that are under way at once."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Undecided, check

TOO_MANY_REQUESTS = 429


def requested_word(exchange: Exchange) -> str:
    """The word that a request of these cases asks for: the last of its message."""
    content = expect.request_body(exchange)["messages"][-1]["content"]
    return str(content).split()[-1]


def require_all_admitted(exchanges: tuple[Exchange, ...]) -> None:
    """None of the requests was one too many for the limit of the key."""
    refused = sum(exchange.status == TOO_MANY_REQUESTS for exchange in exchanges)
    if refused:
        raise Inconclusive(f"{refused} of {len(exchanges)} requests were refused with 429")


@check("transport.all-served", any_answer=True)
def test_all_served(exchanges: tuple[Exchange, ...]) -> None:
    """Requests that are under way at once are each answered, and each answer arrives whole."""
    require_all_admitted(exchanges)
    for exchange in exchanges:
        where = f"request {exchange.step + 1} of {len(exchanges)}"
        broken = (
            exchange.broken.detail
            if exchange.broken
            else f"{exchange.status} with {expect.display_text(exchange.text)}"
        )
        expect.condition(exchange.is_success, "a whole answer of success", broken, where=where)
        if expect.is_stream(exchange):
            ended = exchange.stream.done is not None and expect.finish_reason(exchange) is not None
            expect.condition(ended, "a stream to its end", expect.display_text(exchange.text[-120:]), where=where)


@check("transport.own-answers", any_answer=True)
def test_own_answers(exchanges: tuple[Exchange, ...]) -> None:
    """Of requests that are under way at once, each gets the answer to its own question."""
    require_all_admitted(exchanges)
    answered = [exchange for exchange in exchanges if exchange.is_success]
    silent = 0
    for exchange in answered:
        told, own = expect.text(exchange), requested_word(exchange)
        others = [
            requested_word(other) for other in exchanges if other is not exchange and requested_word(other) in told
        ]
        where = f"request {exchange.step + 1} of {len(exchanges)}"
        expect.condition(not others, f"an answer that says {own}", expect.display_text(told), where=where)
        silent += own not in told
    if silent or len(answered) < len(exchanges):
        raise Undecided(f"{len(answered) - silent} of {len(exchanges)} answers say the word they were asked for")
