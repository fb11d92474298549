"""The number of requests that a key may send in a minute."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotOffered, Provider, Untestable, Violation, check

MINUTE_NS = 60_000_000_000


def find_limit(case: Case, provider: Provider) -> int | None:
    """The requests a minute of the tier that a case needs a key of; None if it has no limit."""
    name = case.asks[-1].key
    if name not in provider.rate.tiers:
        raise Untestable(f"the contract has no tier {name}")
    return provider.rate.tiers[name].per_minute


def count_admitted(exchanges: Sequence[Exchange], provider: Provider) -> int:
    """The number of requests before the first that is refused for its rate. Raises Inconclusive without an answer."""
    if any(exchange.status is None for exchange in exchanges):
        raise Inconclusive("a request got no answer")
    limited = provider.refusals["rate-limited"].status
    return next((n for n, exchange in enumerate(exchanges) if exchange.status in limited), len(exchanges))


def require_one_fresh_minute(exchanges: Sequence[Exchange], provider: Provider, limit: int) -> None:
    """Raises Inconclusive unless all requests fell into one minute in which the key was not used before."""
    first, last = exchanges[0], exchanges[-1]
    if last.started_ns - first.started_ns >= MINUTE_NS:
        raise Inconclusive("sending took longer than a minute")
    shown = [(exchange, exchange.header(provider.rate.remaining) or "") for exchange in exchanges]
    left = [(exchange, float(text)) for exchange, text in shown if text.isascii() and text.isdigit()]
    if left and left[0][1] < limit - 1:
        raise Inconclusive("the key had been used within this minute before")
    rises = [after.started_ns - before.started_ns for (before, less), (after, more) in pairwise(left) if more > less]
    # A minute begins once at most; a token bucket takes its time. Other rises are those of several counters.
    if len(rises) == 1 or any(ns >= MINUTE_NS / limit for ns in rises):
        raise Inconclusive("a new minute began while the requests were sent")


@check("limits.exactly-the-limit-is-admitted", any_answer=True)
def test_exactly_the_limit_is_admitted(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """As many requests as the tier has in a minute are answered, and the next one is refused."""
    limit = find_limit(case, provider)
    if limit is None:
        raise NotOffered("this tier has no limit a minute")
    if len(exchanges) <= limit:
        raise Untestable(f"this takes more than {limit} requests")
    count = count_admitted(exchanges, provider)
    if count != limit:
        require_one_fresh_minute(exchanges, provider, limit)
        raise Violation(f"{limit} requests admitted", f"{count}", where=f"request {count + 1}")


@check("limits.unlimited-is-not-limited", any_answer=True)
def test_unlimited_is_not_limited(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """No request of a tier without a limit a minute is refused for coming too often."""
    if find_limit(case, provider) is not None:
        raise NotOffered("this tier has a limit a minute")
    count = count_admitted(exchanges, provider)
    every = len(exchanges)
    expect.condition(count == every, f"{every} requests admitted", f"{count}", where=f"request {count + 1}")
