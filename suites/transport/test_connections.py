"""What becomes of a connection after an answer."""

from __future__ import annotations

import re
from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, check


def says_close(exchange: Exchange) -> bool:
    """Whether an answer says that its connection ends with it."""
    named = ",".join(exchange.header_values("connection")).lower()
    return "close" in {option.strip() for option in named.split(",")}


def answers_with_next(exchanges: tuple[Exchange, ...]) -> list[tuple[Exchange, Exchange]]:
    """Each answer that came whole, with the one after it."""
    pairs = [(first, second) for first, second in pairwise(exchanges) if first.status and first.broken is None]
    if not pairs:
        raise Inconclusive("no whole answer came that another could follow")
    return pairs


@check("transport.kept", any_answer=True)
def test_kept(exchanges: tuple[Exchange, ...]) -> None:
    """A connection carries the next request too, unless the answer says that it closes."""
    for first, second in answers_with_next(exchanges):
        same = first.connection == second.connection
        expect.condition(
            same or says_close(first),
            "the next request over the same connection, or Connection: close",
            f"after {first.status} the connection was gone without a word",
            where=f"request {second.step + 1}",
        )


@check("transport.next-served", any_answer=True)
def test_next_served(exchanges: tuple[Exchange, ...]) -> None:
    """A request that follows another over a kept connection is served like one over a new connection."""
    for first, second in answers_with_next(exchanges):
        if second.connection != first.connection:
            raise Inconclusive("the connection was not kept")
        expect.require_no_rate_limit(second)
        actual = f"{second.status or 'no answer'} with {expect.display_text(second.text)}"
        where = f"request {second.step + 1}, after {first.status}"
        expect.condition(second.is_success, "a status of success (2xx)", actual, where=where)


def keep_alive_s(exchange: Exchange) -> float | None:
    """The seconds for which an answer says that its connection waits for the next request; None where it does not."""
    told = re.search(r"\btimeout=(\d{1,9})", ",".join(exchange.header_values("keep-alive")))
    return float(told[1]) if told else None


@check("transport.idle-kept", any_answer=True)
def test_idle_kept(exchanges: tuple[Exchange, ...]) -> None:
    """A connection that is silent for a minute carries the next request too, unless Keep-Alive tells a shorter time."""
    gone: list[str] = []
    for first, second in answers_with_next(exchanges):
        if second.connection == first.connection or says_close(first):
            continue
        taken = ((first.ended_ns or first.started_ns) - first.started_ns) / 1e9
        silent, told = expect.server_time(second) - expect.server_time(first) - taken, keep_alive_s(first)
        actual = f"gone without a word after {silent:.0f} s of silence"
        where = f"request {second.step + 1}"
        expect.condition(
            told is not None and told <= silent, "the same connection, or a time in Keep-Alive", actual, where=where
        )
        gone.append(f"{told:g} s")
    if gone:
        raise Noted(f"connections close after {gone[0]} of silence, as Keep-Alive tells")
