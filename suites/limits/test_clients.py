"""The headers of a refusal that official clients follow: the wait, and whether to retry."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Violation, check

# The longest wait that the first versions of the official clients follow; they ignore a longer one and retry at once.
LONGEST_HEEDED_S = 60.0
# Rounding, and the resolution of a date.
TIME_TOLERANCE_S = 2.0
RETRY_AFTER_MS, SHOULD_RETRY = "retry-after-ms", "x-should-retry"


def required_refusal(exchange: Exchange) -> Exchange:
    if exchange.status is None or exchange.is_success:
        raise Inconclusive("the request was not refused")
    return exchange


def retry_after_ms_in_s(exchange: Exchange) -> float:
    """The wait of retry-after-ms in seconds."""
    value = expect.header(exchange, RETRY_AFTER_MS)
    number = value.replace(".", "", 1)
    expect.condition(
        number.isascii() and number.isdigit(), "a number of milliseconds", value, where=f"header {RETRY_AFTER_MS}"
    )
    return float(value) / 1000


@check("limits.retry-after-ms", any_answer=True, every_request=True)
def test_retry_after_ms(exchange: Exchange) -> None:
    """A wait that is told in milliseconds as well is the wait of Retry-After, give or take two seconds."""
    required_refusal(exchange)
    if exchange.header(RETRY_AFTER_MS) is None:
        raise Inconclusive(f"the refusal has no {RETRY_AFTER_MS}")
    wait = retry_after_ms_in_s(exchange)
    other = expect.read_if_valid(expect.retry_after_s, exchange)
    expect.condition(
        abs(wait - other) <= TIME_TOLERANCE_S, f"about {other:g} s", f"{wait:g} s", where=f"header {RETRY_AFTER_MS}"
    )


@check("limits.wait-is-heeded", any_answer=True, every_request=True)
def test_wait_is_heeded(exchange: Exchange) -> None:
    """The wait that an official client reads of a refusal is more than none and at most a minute, so that it waits."""
    required_refusal(exchange)
    read = retry_after_ms_in_s if exchange.header(RETRY_AFTER_MS) is not None else expect.retry_after_s
    wait = expect.read_if_valid(read, exchange)
    expect.condition(
        0 < wait <= LONGEST_HEEDED_S,
        f"more than 0 s, at most {LONGEST_HEEDED_S:g} s",
        f"{wait:g} s",
        where="headers",
    )


@check("limits.ask-again", any_answer=True, every_request=True)
def test_ask_again(exchange: Exchange, provider: Provider) -> None:
    """A refusal that tells clients whether to retry says yes for a full minute and no for a used-up volume."""
    required_refusal(exchange)
    value = exchange.header(SHOULD_RETRY)
    if value is None:
        return
    codes = {code for _, code in expect.codes(exchange, provider)}
    used_up = bool(codes & set(provider.refusals["quota-exhausted"].code))
    wanted = "false" if used_up else "true"
    if value != wanted:
        raise Violation(wanted, value, where=f"header {SHOULD_RETRY}")
