"""Waiting times: the reset header, Retry-After, and whether that wait is enough and needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotOffered, Provider, Target, check

LONGEST_RESET_S = 3600.0
# One second for rounding up, and one for the difference of the clocks.
CLOCKS_APART_S = 2.0
MINUTE_S = 60.0


def is_limited(exchange: Exchange, provider: Provider) -> bool:
    """True if an answer refuses for too many requests a minute."""
    return exchange.status in provider.refusals["rate-limited"].status


def last_limited_answer(exchanges: tuple[Exchange, ...], provider: Provider) -> Exchange:
    """The last answer that refuses for too many requests. Raises Inconclusive if there is none."""
    found = [exchange for exchange in exchanges if is_limited(exchange, provider)]
    if not found:
        raise Inconclusive("no request was refused for coming too often")
    return found[-1]


def waits_after_refusals(
    exchanges: tuple[Exchange, ...], provider: Provider
) -> Iterator[tuple[str, Exchange, Exchange, float]]:
    """Yields each refusal for too many requests with the request after it: place, both, and seconds between them."""
    for n, (refused, again) in enumerate(pairwise(exchanges)):
        if is_limited(refused, provider):
            yield f"request {n + 2}", refused, again, expect.server_time(again) - expect.server_time(refused)


@check("limits.reset-header", any_answer=True, every_request=True)
def test_reset_header(exchange: Exchange, case: Case, provider: Provider, target: Target) -> None:
    """An answer to a valid key tells when the limit is whole again: within an hour, in the promised unit."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    if case.kind not in provider.rate.promised_on:
        raise NotOffered("the document promises no such header here")
    if exchange.header(provider.rate.reset) is None and (
        exchange.status == 401 or _is_unlimited(case, target, provider)
    ):
        return
    seconds = expect.reset_after_s(exchange, provider)
    within = -CLOCKS_APART_S <= seconds <= LONGEST_RESET_S
    expect.condition(
        within, "from now to one hour ahead", f"{seconds:g} s ahead", where=f"header {provider.rate.reset}"
    )


def _is_unlimited(case: Case, target: Target, provider: Provider) -> bool:
    label = case.asks[-1].tier
    tier = provider.rate.tiers.get(target.tier or "" if label == "good" else label)
    return tier is not None and tier.per_minute is None


@check("limits.retry-after", any_answer=True)
def test_retry_after(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests a minute says in Retry-After to wait, for a minute at most."""
    if not provider.rate.retry_after:
        raise NotOffered("the document promises no Retry-After")
    seconds = expect.retry_after_s(last_limited_answer(exchanges, provider))
    within = 0 <= seconds <= MINUTE_S + CLOCKS_APART_S
    expect.condition(within, f"from 0 to {MINUTE_S:g} seconds", f"{seconds:g}", where="header Retry-After")


def wait_suffices(
    exchanges: tuple[Exchange, ...], provider: Provider, read_wait_s: Callable[[Exchange], float]
) -> None:
    """Raises Violation if a request that waited as long as its refusal demanded is not admitted."""
    last_limited_answer(exchanges, provider)
    tried = 0
    for place, refused, again, waited in waits_after_refusals(exchanges, provider):
        if waited >= (requested_s := expect.read_if_valid(read_wait_s, refused)):
            tried += 1
            actual = f"{again.status} after {waited:.0f} s, where {requested_s:g} s were requested"
            expect.condition(not is_limited(again, provider), "an answer", actual, where=place)
    if not tried:
        raise Inconclusive("the stated wait is longer than the longest wait of this case")


@check("limits.retry-after-suffices", any_answer=True)
def test_retry_after_suffices(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that waited as long as Retry-After said is not refused for coming too often."""
    wait_suffices(exchanges, provider, expect.retry_after_s)


@check("limits.reset-suffices", any_answer=True)
def test_reset_suffices(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that waited as long as the reset header said is not refused for coming too often."""
    wait_suffices(exchanges, provider, lambda refused: expect.reset_after_s(refused, provider))


@check("limits.retry-after-is-needed", any_answer=True)
def test_retry_after_is_needed(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that comes sooner than Retry-After said is refused again: the wait is not longer than needed."""
    last_limited_answer(exchanges, provider)
    for place, refused, again, waited in waits_after_refusals(exchanges, provider):
        requested_s = expect.read_if_valid(expect.retry_after_s, refused)
        if waited < requested_s - CLOCKS_APART_S and again.status is not None:
            actual = f"{again.status} after {waited:.0f} s, where {requested_s:g} s were requested"
            expect.condition(is_limited(again, provider), "a refusal", actual, where=place)


@check("limits.none-left", any_answer=True)
def test_none_left(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests says that none is left."""
    name = provider.rate.remaining
    expect.equal(expect.header(last_limited_answer(exchanges, provider), name), "0", where=f"header {name}")


@check("limits.retry-after-if-sent", any_answer=True)
def test_retry_after_if_sent(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests has no Retry-After, or one that ends when the limit is whole again."""
    refused = last_limited_answer(exchanges, provider)
    if refused.header("Retry-After") is None:
        return
    wait = expect.retry_after_s(refused)
    reset = expect.read_if_valid(lambda exchange: expect.reset_after_s(exchange, provider), refused)
    expected = f"at most {CLOCKS_APART_S:g} s from the {reset:.1f} s of {provider.rate.reset}"
    expect.condition(abs(wait - reset) <= CLOCKS_APART_S, expected, f"{wait:g}", where="header Retry-After")


@check("limits.window-passes", any_answer=True)
def test_window_passes(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request is admitted again when a minute has passed since the last admitted one."""
    last_limited_answer(exchanges[:-1], provider)
    expect.condition(not is_limited(exchanges[-1], provider), "an answer", exchanges[-1].status, where="last request")


@check("limits.limited-headers-agree", any_answer=True)
def test_limited_headers_agree(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests says that none is left, and resets when Retry-After ends."""
    refused = last_limited_answer(exchanges, provider)
    left = refused.header(provider.rate.remaining)
    expect.condition(left in (None, "0"), "0", left, where=f"header {provider.rate.remaining}")
    wait = expect.read_if_valid(expect.retry_after_s, refused)
    reset = expect.read_if_valid(lambda exchange: expect.reset_after_s(exchange, provider), refused)
    actual = f"{wait:g} s in Retry-After, {reset:.1f} s in {provider.rate.reset}"
    expect.condition(
        abs(wait - reset) <= CLOCKS_APART_S,
        f"waits at most {CLOCKS_APART_S:g} s apart",
        actual,
        where="headers",
    )
