"""Concurrent requests."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, Undecided, Violation, check

TOO_MANY_REQUESTS = 429


def requested_word(exchange: Exchange) -> str:
    """The word that a request asks for: the last of its message."""
    content = expect.request_body(exchange)["messages"][-1]["content"]
    return str(content).split()[-1]


def require_all_admitted(exchanges: tuple[Exchange, ...]) -> None:
    """Raises Inconclusive if one of them was refused with 429, which decides nothing (AMB-ALL-12)."""
    refused = sum(exchange.status == TOO_MANY_REQUESTS for exchange in exchanges)
    if refused:
        raise Inconclusive(f"{refused} of {len(exchanges)} requests were refused with 429")


def require_served(exchange: Exchange, where: str) -> None:
    """Raises Violation unless an answer of success came to its end."""
    broken = (
        exchange.broken.detail if exchange.broken else f"{exchange.status} with {expect.display_text(exchange.text)}"
    )
    expect.condition(exchange.is_success, "a whole answer of success, as another request got", broken, where=where)
    if expect.is_stream(exchange):
        ended = exchange.stream.done is not None and expect.finish_reason(exchange) is not None
        actual = expect.display_text(exchange.text[-120:])
        expect.condition(ended, "a stream to its end, as another request got", actual, where=where)


@check("transport.all-served", any_answer=True)
def test_all_served(exchanges: tuple[Exchange, ...]) -> None:
    """Of several concurrent requests each is served like the others."""
    require_all_admitted(exchanges)
    violations: list[Violation] = []
    for exchange in exchanges:
        try:
            require_served(exchange, f"request {exchange.step + 1} of {len(exchanges)}")
        except Violation as violation:
            violations.append(violation)
    if len(violations) == len(exchanges):
        raise Inconclusive(f"each of {len(exchanges)} requests fails, which other checks judge: {violations[0]}")
    if violations:
        raise violations[0]


@check("transport.whole-together", any_answer=True)
def test_whole_together(exchanges: tuple[Exchange, ...], case: Case) -> None:
    """An answer is as whole beside other requests as it is alone."""
    for exchange in exchanges:
        actual = (
            f"{exchange.cut_before}; served whole when asked alone: the server cuts an answer when other requests come"
        )
        expect.condition(not exchange.cut_before, "a whole answer beside other requests", actual, where="connection")
    # A request that was repeated after a cut is judged by its last response; the cut shows in an earlier attempt.
    sent = [next((one for one in (*exchange.attempts, exchange) if one.broken), exchange) for exchange in exchanges]
    cut = [exchange.broken.detail for exchange in sent if exchange.broken and exchange.broken.is_by_peer]
    if case.together and 0 < len(cut) < len(exchanges):
        actual = f"{cut[0]}; {len(cut)} of {len(exchanges)} answers cut off"
        raise Violation("a whole answer beside other requests", actual, where="connection")


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
