"""The connection after an answer (RFC 9112 section 9.3)."""

from __future__ import annotations

import re
from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, check


def says_close(exchange: Exchange) -> bool:
    """True if an answer has `Connection: close`."""
    options = ",".join(exchange.header_values("connection")).lower()
    return "close" in {option.strip() for option in options.split(",")}


def answers_with_next(exchanges: tuple[Exchange, ...]) -> list[tuple[Exchange, Exchange]]:
    """Pairs of a complete answer and the one after it. Raises Inconclusive if there is none."""
    pairs = [(first, second) for first, second in pairwise(exchanges) if first.status and first.broken is None]
    if not pairs:
        raise Inconclusive("no whole answer came before the last request")
    return pairs


@check("transport.kept", any_answer=True)
def test_kept(exchanges: tuple[Exchange, ...]) -> None:
    """A connection carries the next request too, unless the answer says that it closes."""
    for first, second in answers_with_next(exchanges):
        same = first.connection == second.connection
        expect.condition(
            same or says_close(first),
            "the next request over the same connection, or Connection: close",
            f"after {first.status} the connection was closed without notice",
            where=f"request {second.step + 1}",
        )


@check("transport.kept-open", any_answer=True, every_request=True)
def test_kept_open(exchange: Exchange) -> None:
    """A connection is not reset right after an answer that announces no close."""
    expect.complete(exchange)
    expect.condition(
        not exchange.reset_after or says_close(exchange) or exchange.http_version == "HTTP/1.0",
        "the connection kept open, or Connection: close and an orderly end",
        f"after {exchange.status} the connection was reset without notice",
        where="connection",
    )


@check("transport.next-served", any_answer=True)
def test_next_served(exchanges: tuple[Exchange, ...]) -> None:
    """A request that follows another over a kept connection is served like one over a new connection."""
    # The first request had a new connection; what it was refused, the same request may be refused again.
    for first, second in answers_with_next(exchanges):
        if second.connection != first.connection:
            raise Inconclusive("the connection was not kept")
        expect.require_no_rate_limit(second)
        if is_same_request(first, second) and second.status == first.status:
            continue
        actual = f"{second.status or 'no answer'} with {expect.display_text(second.text)}"
        where = f"request {second.step + 1}, after {first.status}"
        expect.condition(second.is_success, "a status of success (2xx)", actual, where=where)


def is_same_request(first: Exchange, second: Exchange) -> bool:
    """True if two requests have the same method, URL and body."""
    one, other = first.request, second.request
    return (one.method, one.url, one.body) == (other.method, other.url, other.body)


def keep_alive_s(exchange: Exchange) -> float | None:
    """The idle seconds that Keep-Alive states; None if it states none."""
    match = re.search(r"\btimeout=(\d{1,9})", ",".join(exchange.header_values("keep-alive")))
    return float(match[1]) if match else None


@check("transport.idle-kept", any_answer=True)
def test_idle_kept(exchanges: tuple[Exchange, ...]) -> None:
    """A connection that is idle for a minute carries the next request too, unless Keep-Alive states a shorter time."""
    gone: list[str] = []
    for first, second in answers_with_next(exchanges):
        if second.connection == first.connection or says_close(first):
            continue
        taken = ((first.ended_ns or first.started_ns) - first.started_ns) / 1e9
        idle_s, keep_alive = expect.server_time(second) - expect.server_time(first) - taken, keep_alive_s(first)
        actual = f"closed without notice after {idle_s:.0f} idle s"
        where = f"request {second.step + 1}"
        expect.condition(
            keep_alive is not None and keep_alive <= idle_s,
            "the same connection, or a time in Keep-Alive",
            actual,
            where=where,
        )
        gone.append(f"{keep_alive:g} s")
    if gone:
        raise Noted(f"connections close after {gone[0]} of silence, as Keep-Alive states")
