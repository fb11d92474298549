"""The headers about limits and waits, wherever an answer has them: readable, and free of contradictions."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Provider, check

LONGEST_WAIT_S = 24 * 3600.0


@check("limits.readable", any_answer=True)
def test_readable(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A header about limits that is there can be read by clients, and none of them contradicts another one."""
    rate = provider.rate
    for exchange in exchanges:
        limit, remaining, reset = (_value(exchange, name) for name in (rate.limit, rate.remaining, rate.reset))
        if limit is not None and limit.isalpha():
            continue  # a word in place of a number stands for no limit
        for name, value in ((rate.limit, limit), (rate.remaining, remaining)):
            if value is not None:
                expect.condition(expect.is_whole_number(value), "a whole number", value, where=f"header {name}")
        if limit is not None and remaining is not None:
            within = int(remaining) <= int(limit)
            expect.condition(within, f"at most the limit of {limit}", remaining, where=f"header {rate.remaining}")
        if reset is not None:
            _require_wait(expect.reset_after_s(exchange, provider), rate.reset)
        if exchange.header("Retry-After") is not None:
            _require_wait(expect.retry_after_s(exchange), "Retry-After")
    limits = {_value(exchange, rate.limit) for exchange in exchanges} - {None}
    expect.condition(len(limits) < 2, "one limit for one key", sorted(map(str, limits)), where=f"header {rate.limit}")


def _value(exchange: Exchange, name: str) -> str | None:
    return exchange.header(name) if name else None


def _require_wait(seconds: float, name: str) -> None:
    expect.condition(seconds <= LONGEST_WAIT_S, "within a day", f"{seconds:g} s ahead", where=f"header {name}")
