"""How long to wait: the reset header, Retry-After, and whether that wait is enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotOffered, Provider, Target, Violation, check

# A number this large is a date in Unix seconds (after 2001), not a wait.
EPOCH = 1_000_000_000
LONGEST_RESET_S = 3600.0
# Rounding up on one side and a second of clock difference on the other.
CLOCKS_APART_S = 2.0
MINUTE_S = 60.0
UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def reset_after(exchange: Exchange, provider: Provider) -> float:
    """Seconds until the limit is whole again, from the reset header in the provider's unit."""
    name = provider.rate.reset
    value = expect.header(exchange, name)
    if provider.rate.reset_unit == "duration":
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value)
        whole = bool(parts) and "".join(number + unit for number, unit in parts) == value
        expect.that(whole, "a duration such as 6m0s", value, where=f"header {name}")
        return sum(float(number) * UNIT_S[unit] for number, unit in parts)
    fits = value.isascii() and value.isdigit()
    expect.that(fits, "whole seconds, or the date in Unix seconds", value, where=f"header {name}")
    number = float(value)
    return number - exchange.sent_at if number > EPOCH else number


def retry_after(exchange: Exchange) -> float:
    """Seconds that Retry-After asks to wait: a number of them, or a date."""
    value = expect.header(exchange, "Retry-After")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        raise Violation("whole seconds of zero or more, or an HTTP date", value, where="header Retry-After") from None
    # "-0000" parses to a date without a zone; HTTP dates are in GMT.
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(exchange.sent_at, UTC)).total_seconds()


def readable(read: Callable[[Exchange], float], exchange: Exchange) -> float:
    """What a header says; whether it is there and well-formed is for the checks of that header."""
    try:
        return read(exchange)
    except Violation as violation:
        raise Inconclusive(str(violation)) from None


def limited(exchange: Exchange, provider: Provider) -> bool:
    """Whether an answer refuses for too many requests a minute."""
    return exchange.status in provider.refusals["rate-limited"].status


def last_limited(exchanges: tuple[Exchange, ...], provider: Provider) -> Exchange:
    """The last answer that refuses for too many requests; without one there is nothing to judge."""
    found = [exchange for exchange in exchanges if limited(exchange, provider)]
    if not found:
        raise Inconclusive("no request was refused for coming too often")
    return found[-1]


@check("limits.reset-header", any_answer=True)
def test_reset_header(exchange: Exchange, case: Case, provider: Provider, target: Target) -> None:
    """An answer to a valid key tells when the limit is whole again: within an hour, in the promised unit."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    if case.kind not in provider.rate.promised_on:
        raise NotOffered("the document promises no such header here")
    if exchange.header(provider.rate.reset) is None and (exchange.status == 401 or _unlimited(case, target, provider)):
        return
    seconds = reset_after(exchange, provider)
    within = -CLOCKS_APART_S <= seconds <= LONGEST_RESET_S
    expect.that(within, "from now to one hour ahead", f"{seconds:g} s ahead", where=f"header {provider.rate.reset}")


def _unlimited(case: Case, target: Target, provider: Provider) -> bool:
    label = case.asks[-1].key
    tier = provider.rate.tiers.get(target.tier or "" if label == "good" else label.removesuffix("-exhausted"))
    return tier is not None and tier.per_minute is None


@check("limits.retry-after", any_answer=True)
def test_retry_after(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests a minute says in Retry-After to wait, for a minute at most."""
    if not provider.rate.retry_after:
        raise NotOffered("the document promises no Retry-After")
    seconds = retry_after(last_limited(exchanges, provider))
    within = 0 <= seconds <= MINUTE_S + CLOCKS_APART_S
    expect.that(within, f"from 0 to {MINUTE_S:g} seconds", f"{seconds:g}", where="header Retry-After")


@check("limits.retry-after-suffices", any_answer=True)
def test_retry_after_suffices(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """A request that waited as long as Retry-After said is not refused for coming too often."""
    last_limited(exchanges, provider)
    clocks = [ask.clock or 0.0 for ask in case.asks]
    tried = 0
    for n, (refused, again) in enumerate(pairwise(exchanges)):
        if not limited(refused, provider) or refused.header("Retry-After") is None:
            continue
        waited = clocks[n + 1] - clocks[n] + again.sent_at - refused.sent_at
        if waited >= (asked := readable(retry_after, refused)):
            tried += 1
            if limited(again, provider):
                actual = f"{again.status} after {waited:.0f} s, where {asked:g} s were asked for"
                raise Violation("an answer", actual, where=f"request {n + 2}")
    if not tried:
        raise Inconclusive("Retry-After asked for more than the longest wait of this case, or was not sent")


@check("limits.reset-suffices", any_answer=True)
def test_reset_suffices(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """A request that waited as long as the reset header said is not refused for coming too often."""
    last_limited(exchanges, provider)
    clocks = [ask.clock or 0.0 for ask in case.asks]
    tried = 0
    for n, (refused, again) in enumerate(pairwise(exchanges)):
        if not limited(refused, provider):
            continue
        waited = clocks[n + 1] - clocks[n] + again.sent_at - refused.sent_at
        if waited >= (asked := readable(lambda one: reset_after(one, provider), refused)):
            tried += 1
            actual = f"{again.status} after {waited:.0f} s, where {asked:g} s were asked for"
            expect.that(not limited(again, provider), "an answer", actual, where=f"request {n + 2}")
    if not tried:
        raise Inconclusive("the reset is later than the longest wait of this case")


@check("limits.none-left", any_answer=True)
def test_none_left(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests says that none is left."""
    name = provider.rate.remaining
    expect.equal(expect.header(last_limited(exchanges, provider), name), "0", where=f"header {name}")


@check("limits.retry-after-if-sent", any_answer=True)
def test_retry_after_if_sent(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests has no Retry-After, or one that ends when the limit is whole again."""
    refused = last_limited(exchanges, provider)
    if refused.header("Retry-After") is None:
        return
    wait, reset = retry_after(refused), readable(lambda one: reset_after(one, provider), refused)
    expected = f"at most {CLOCKS_APART_S:g} s from the {reset:.1f} s of {provider.rate.reset}"
    expect.that(abs(wait - reset) <= CLOCKS_APART_S, expected, f"{wait:g}", where="header Retry-After")


@check("limits.window-passes", any_answer=True)
def test_window_passes(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request is admitted again when a minute has passed since the last admitted one."""
    last_limited(exchanges[:-1], provider)
    expect.that(not limited(exchanges[-1], provider), "an answer", exchanges[-1].status, where="last request")


@check("limits.limited-headers-agree", any_answer=True)
def test_limited_headers_agree(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A refusal for too many requests says that none is left, and resets when Retry-After ends."""
    refused = last_limited(exchanges, provider)
    left = refused.header(provider.rate.remaining)
    expect.that(left in (None, "0"), "0", left, where=f"header {provider.rate.remaining}")
    wait, reset = readable(retry_after, refused), readable(lambda one: reset_after(one, provider), refused)
    actual = f"{wait:g} s in Retry-After, {reset:.1f} s in {provider.rate.reset}"
    expect.that(
        abs(wait - reset) <= CLOCKS_APART_S,
        f"waits at most {CLOCKS_APART_S:g} s apart",
        actual,
        where="headers",
    )
