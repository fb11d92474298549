"""The headers with a key's limit a minute and the number of remaining requests."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import (
    Case,
    Exchange,
    Inconclusive,
    NotOffered,
    Provider,
    Target,
    Untestable,
    Violation,
    check,
)

MINUTE_NS = 60_000_000_000


def find_tier(case: Case, target: Target, provider: Provider) -> str | None:
    """The tier of the key of a case's last request; None if it is unknown."""
    label = case.asks[-1].tier
    name = target.tier if label == "good" else label
    return name if name in provider.rate.tiers else None


def is_unlimited(case: Case, target: Target, provider: Provider) -> bool:
    """True if the key's tier is known to have no limit a minute."""
    name = find_tier(case, target, provider)
    return name is not None and provider.rate.tiers[name].per_minute is None


def _is_header_due(exchange: Exchange, name: str, case: Case, target: Target, provider: Provider) -> bool:
    """True if this answer must carry the header, or carries it."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    if case.kind not in provider.rate.promised_on:
        raise NotOffered("the document promises no such header here")
    if exchange.header(name) is not None:
        # A tier without a limit may state a word in place of a number.
        return not is_unlimited(case, target, provider)
    # Without a valid key there is no tier whose limit a header could state.
    return exchange.status != 401 and not is_unlimited(case, target, provider)


@check("limits.limit-header", any_answer=True, every_request=True)
def test_limit_header(exchange: Exchange, case: Case, target: Target, provider: Provider) -> None:
    """An answer to a valid key states the limit a minute as a whole number."""
    if _is_header_due(exchange, provider.rate.limit, case, target, provider):
        expect.whole_number(exchange, provider.rate.limit)


@check("limits.remaining-header", any_answer=True, every_request=True)
def test_remaining_header(exchange: Exchange, case: Case, target: Target, provider: Provider) -> None:
    """An answer to a valid key states the remaining requests as a whole number, at most the limit."""
    name = provider.rate.remaining
    if not _is_header_due(exchange, name, case, target, provider):
        return
    left, limit = expect.whole_number(exchange, name), exchange.header(provider.rate.limit) or ""
    # A limit that is missing or malformed is judged by limits.limit-header.
    if expect.is_whole_number(limit) and left > int(limit):
        raise Violation(f"at most the limit of {limit}", str(left), where=f"header {name}")


@check("limits.limit-is-the-tiers", any_answer=True, every_request=True)
def test_limit_is_the_tiers(exchange: Exchange, case: Case, target: Target, provider: Provider) -> None:
    """The limit in an answer is the number of requests a minute of the key's tier."""
    name = find_tier(case, target, provider)
    if name is None:
        raise Untestable("the tier of this key is not known")
    figure = provider.rate.tiers[name].per_minute
    if figure is None:
        raise NotOffered(f"the tier {name} has no limit a minute")
    expect.equal(expect.header_int(exchange, provider.rate.limit), figure, where=f"header {provider.rate.limit}")


@check("limits.remaining-falls", any_answer=True)
def test_remaining_falls(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """The number of remaining requests falls from one request to the next."""
    left = [expect.header_int(exchange, provider.rate.remaining) for exchange in exchanges]
    # The number rises between two requests if a new minute begins between them.
    if not any(later < earlier for earlier, later in pairwise(left)):
        # A token bucket may be full again before the next request.
        refill_ns = MINUTE_NS / max(1, expect.header_int(exchanges[0], provider.rate.limit))
        if all(later.started_ns - earlier.started_ns >= refill_ns for earlier, later in pairwise(exchanges)):
            raise Inconclusive("the requests were so far apart that a refill may have restored each")
        raise Violation("a fall", expect.display_text(left), where=f"header {provider.rate.remaining}")


@check("limits.headers-without-a-tier", any_answer=True)
def test_headers_without_a_tier(exchange: Exchange, provider: Provider) -> None:
    """A refusal for want of a valid key carries the three headers of the limit as well."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    rate = provider.rate
    for name in (rate.limit, rate.remaining, rate.reset):
        expect.header(exchange, name)
