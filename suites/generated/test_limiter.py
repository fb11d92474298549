"""A key's limit, in whatever order requests and waits follow each other."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, check

MINUTE_S = 60.0
# Rounding, the clock of the server, and the time under way.
TIME_TOLERANCE_S = 2.0
# Too soon for a bucket to hold another request.
TOO_SOON_S = 1.0


def is_limited(exchange: Exchange, provider: Provider) -> bool:
    """Whether an answer refuses for too many requests a minute."""
    return exchange.status in provider.refusals["rate-limited"].status


@check("generated.limiter", any_answer=True)
def test_limiter(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """What is left does not rise before its reset, but for what time regains; a request is refused for coming too often
    where none was left, and only there; and one that waited as Retry-After said is not refused so again."""
    if len(exchanges) < 2:
        raise Inconclusive("one request tells nothing of a limit")
    for n, (before, after) in enumerate(pairwise(exchanges), 2):
        waited = expect.server_time(after) - expect.server_time(before)
        remaining_never_rises(
            before, after, count_requests_out_of_window(exchanges[:n], provider), provider, f"request {n}"
        )
        is_refused_at_zero_alone(before, after, waited, provider, f"request {n}")
        wait_suffices(before, after, waited, provider, f"request {n}")


def remaining_never_rises(before: Exchange, after: Exchange, let_go: int, provider: Provider, place: str) -> None:
    """A bucket fills up as time goes, and a window that slides lets go of old requests; nothing else gives any back."""
    rate, waited = provider.rate, expect.server_time(after) - expect.server_time(before)
    if before.header(rate.reset) is None:
        return
    if waited >= expect.read_if_valid(lambda one: expect.reset_after_s(one, provider), before) - TIME_TOLERANCE_S:
        return
    had, has = expect.header_int(before, rate.remaining), expect.header_int(after, rate.remaining)
    most = had + max(let_go, waited * expect.header_int(before, rate.limit) / MINUTE_S)
    expect.condition(has <= most, f"at most {int(most)} left", has, where=f"header {rate.remaining}, {place}")


def count_requests_out_of_window(exchanges: tuple[Exchange, ...], provider: Provider) -> int:
    """The requests that became a minute old between the last but one and the last."""
    *earlier, before, after = exchanges
    served = [expect.server_time(one) + MINUTE_S for one in (*earlier, before) if not is_limited(one, provider)]
    return sum(expect.server_time(before) < at <= expect.server_time(after) + TIME_TOLERANCE_S for at in served)


def is_refused_at_zero_alone(before: Exchange, after: Exchange, waited: float, provider: Provider, place: str) -> None:
    """Who had some left is not refused for coming too often; who had none, and asked again at once, is."""
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
    asked = expect.read_if_valid(expect.retry_after_s, before)
    actual = f"{after.status} after {waited:.0f} s, where {asked:g} s were asked for"
    expect.condition(waited < asked or not is_limited(after, provider), "an answer", actual, where=place)
