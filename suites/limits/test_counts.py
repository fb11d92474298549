"""The number of remaining requests from one request to the next, against which requests are refused."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Violation, check

MINUTE_NS = 60_000_000_000


def refill_ns(exchange: Exchange, provider: Provider) -> float:
    """The nanoseconds in which a token bucket regains one request."""
    return MINUTE_NS / max(1, expect.header_int(exchange, provider.rate.limit))


@check("limits.remaining-is-kept", any_answer=True)
def test_remaining_is_kept(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request is not refused for its rate while some remain, and is refused when none remains."""
    name, limited = provider.rate.remaining, provider.refusals["rate-limited"].status
    began, most_ns = exchanges[0].started_ns, refill_ns(exchanges[0], provider)
    for n, (before, after) in enumerate(pairwise(exchanges), 2):
        left = expect.header_int(before, name)
        # More left than before: a new minute has begun.
        if before.status in limited or (refused := after.status in limited) == (left == 0):
            continue
        if not refused and (after.started_ns - began >= most_ns or expect.header_int(after, name) > 0):
            continue
        expected = f"an answer, as {left} were left" if left else "a refusal, as none was left"
        raise Violation(expected, f"status {after.status}", where=f"request {n}")


@check("limits.remaining-counts", any_answer=True)
def test_remaining_counts(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """After n requests at most the limit less n remain."""
    name, fill_ns = provider.rate.remaining, refill_ns(exchanges[0], provider)
    limit = expect.header_int(exchanges[0], provider.rate.limit)
    left = [expect.header_int(exchange, name) for exchange in exchanges]
    if any(later > earlier for earlier, later in pairwise(left)):
        raise Inconclusive("a new minute began while the requests were sent")
    for n, (exchange, remaining) in enumerate(zip(exchanges, left, strict=True), 1):
        until = exchange.headers_ns or exchange.started_ns
        regained = int((until - exchanges[0].started_ns) / fill_ns)
        most = limit - n + regained
        expect.condition(
            remaining <= most, f"at most {most} of {limit}", f"{remaining} after {n} requests", where=f"header {name}"
        )


@check("limits.one-limit", any_answer=True)
def test_one_limit(plain: Exchange, stream: Exchange, refused: Exchange, provider: Provider) -> None:
    """An answer, a stream and a refusal state the same limit for one key."""
    limit = expect.header_int(plain, provider.rate.limit)
    for kind, exchange in (("stream", stream), ("refusal", refused)):
        expect.equal(
            expect.header_int(exchange, provider.rate.limit), limit, where=f"header {provider.rate.limit}, {kind}"
        )
