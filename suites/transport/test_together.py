"""Concurrent requests."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Undecided, check

TOO_MANY_REQUESTS = 429


def requested_word(exchange: Exchange) -> str:
    """The word that a request asks for: the last of its message."""
    content = expect.request_body(exchange)["messages"][-1]["content"]
    return str(content).split()[-1]


def require_all_admitted(exchanges: tuple[Exchange, ...]) -> None:
    """Raises Inconclusive if a request was refused by the rate limit."""
    for exchange in exchanges:
        expect.require_no_rate_limit(exchange)


@check("transport.all-served", any_answer=True)
def test_all_served(exchanges: tuple[Exchange, ...]) -> None:
    """Concurrent requests are each answered, and each answer arrives whole."""
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
    """Each of several concurrent requests gets the answer to its own question."""
    require_all_admitted(exchanges)
    answered = [exchange for exchange in exchanges if exchange.is_success]
    wordless = 0
    if answered and not any(expect.text(exchange).strip() for exchange in answered):
        for exchange in answered:
            expect.undecided_if_cut(exchange)
        expect.condition(False, "text", "nothing in any answer", where="text", judged_by="chat.content")
    for exchange in answered:
        text, own = expect.text(exchange), requested_word(exchange)
        others = [
            requested_word(other) for other in exchanges if other is not exchange and requested_word(other) in text
        ]
        where = f"request {exchange.step + 1} of {len(exchanges)}"
        expect.condition(not others, f"an answer that says {own}", expect.display_text(text), where=where)
        wordless += own not in text
    if wordless or len(answered) < len(exchanges):
        raise Undecided(f"{len(answered) - wordless} of {len(exchanges)} answers contain their requested word")
