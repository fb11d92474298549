"""What official clients read of a refusal: how long to wait, and whether to ask again at all."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Violation, check

# The longest wait that the first versions of the official clients heed; beyond it they ask again at once.
LONGEST_HEEDED_S = 60.0
# Rounding, and the clocks of a date.
APART_S = 2.0
IN_MS, AGAIN = "retry-after-ms", "x-should-retry"


def refusal_of(exchange: Exchange) -> Exchange:
    if exchange.status is None or exchange.is_success:
        raise Inconclusive("the request was not refused")
    return exchange


def in_milliseconds(exchange: Exchange) -> float:
    """Seconds of the header that has them in milliseconds, whole or in parts."""
    value = expect.header(exchange, IN_MS)
    number = value.replace(".", "", 1)
    expect.condition(number.isascii() and number.isdigit(), "a number of milliseconds", value, where=f"header {IN_MS}")
    return float(value) / 1000


@check("limits.retry-after-ms", any_answer=True)
def test_retry_after_ms(exchange: Exchange) -> None:
    """A wait that is told in milliseconds as well is the wait of Retry-After, give or take two seconds."""
    refusal_of(exchange)
    if exchange.header(IN_MS) is None:
        raise Inconclusive(f"the refusal has no {IN_MS}")
    wait = in_milliseconds(exchange)
    other = expect.read_if_valid(expect.retry_after_s, exchange)
    expect.condition(abs(wait - other) <= APART_S, f"about {other:g} s", f"{wait:g} s", where=f"header {IN_MS}")


@check("limits.wait-is-heeded", any_answer=True)
def test_wait_is_heeded(exchange: Exchange) -> None:
    """The wait that an official client reads of a refusal is more than none and at most a minute, so that it waits."""
    refusal_of(exchange)
    read = in_milliseconds if exchange.header(IN_MS) is not None else expect.retry_after_s
    wait = expect.read_if_valid(read, exchange)
    expect.condition(
        0 < wait <= LONGEST_HEEDED_S,
        f"more than 0 s, at most {LONGEST_HEEDED_S:g} s",
        f"{wait:g} s",
        where="headers",
    )


@check("limits.ask-again", any_answer=True)
def test_ask_again(exchange: Exchange, provider: Provider) -> None:
    """A refusal that tells clients whether to ask again says yes to who came too often, and no to who has no volume."""
    refusal_of(exchange)
    value = exchange.header(AGAIN)
    if value is None:
        return
    codes = {code for _, code in expect.codes(exchange, provider)}
    used_up = bool(codes & set(provider.refusals["quota-exhausted"].code))
    wanted = "false" if used_up else "true"
    if value != wanted:
        raise Violation(wanted, value, where=f"header {AGAIN}")
