"""The rate limit of a key under any order of requests and waits."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, check

MINUTE_S = 60.0
# Rounding, the server's clock, and the time on the network.
TIME_TOLERANCE_S = 2.0
# A token bucket cannot regain a request in less.
TOO_SOON_S = 1.0


def is_limited(exchange: Exchange, provider: Provider) -> bool:
    """True if an answer refuses for too many requests a minute."""
    return exchange.status in provider.refusals["rate-limited"].status


@check("generated.limiter", any_answer=True)
def test_limiter(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """The remaining requests do not rise before their reset, except by refill; a request is refused for its rate if
    none remained, and only then; and a request after the wait of Retry-After is not refused again.
    """
    if len(exchanges) < 2:
        raise Inconclusive("one request says nothing about a limit")
    for n, (before, after) in enumerate(pairwise(exchanges), 2):
        waited = expect.server_time(after) - expect.server_time(before)
        remaining_never_rises(
            before, after, count_requests_out_of_window(exchanges[:n], provider), provider, f"request {n}"
        )
        is_refused_at_zero_alone(before, after, waited, provider, f"request {n}")
        wait_suffices(before, after, waited, provider, f"request {n}")


def remaining_never_rises(before: Exchange, after: Exchange, released: int, provider: Provider, place: str) -> None:
    """Raises Violation if more remain than before, beyond what a bucket refills or a sliding window releases."""
    rate, waited = provider.rate, expect.server_time(after) - expect.server_time(before)
    if before.header(rate.reset) is None:
        return
    if waited >= expect.read_if_valid(lambda one: expect.reset_after_s(one, provider), before) - TIME_TOLERANCE_S:
        return
    before_count, after_count = expect.header_int(before, rate.remaining), expect.header_int(after, rate.remaining)
    most = before_count + max(released, waited * expect.header_int(before, rate.limit) / MINUTE_S)
    expect.condition(
        after_count <= most, f"at most {int(most)} left", after_count, where=f"header {rate.remaining}, {place}"
    )


def count_requests_out_of_window(exchanges: tuple[Exchange, ...], provider: Provider) -> int:
    """The number of requests that became a minute old between the last two."""
    *earlier, before, after = exchanges
    expiries = [
        expect.server_time(exchange) + MINUTE_S for exchange in (*earlier, before) if not is_limited(exchange, provider)
    ]
    return sum(expect.server_time(before) < at <= expect.server_time(after) + TIME_TOLERANCE_S for at in expiries)


def is_refused_at_zero_alone(before: Exchange, after: Exchange, waited: float, provider: Provider, place: str) -> None:
    """Raises Violation if a request is refused although some remained, or served at once although none did."""
    if is_limited(before, provider) or after.status is None:
        return
    left = expect.header_int(before, provider.rate.remaining)
    if is_limited(after, provider):
        expect.condition(left == 0, f"an answer, as {left} were left", f"status {after.status}", where=place)
    elif waited < TOO_SOON_S:
        expect.condition(left > 0, "a refusal, as none was left", f"status {after.status}", where=place)


def wait_suffices(before: Exchange, after: Exchange, waited: float, provider: Provider, place: str) -> None:
    if not is_limited(before, provider) or before.header("Retry-After") is None:
        return
    requested_s = expect.read_if_valid(expect.retry_after_s, before)
    actual = f"{after.status} after {waited:.0f} s, where {requested_s:g} s were requested"
    expect.condition(waited < requested_s or not is_limited(after, provider), "an answer", actual, where=place)
