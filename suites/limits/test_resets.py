"""The moment that the reset header names: the limit is whole again then, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Violation, check

# Whole seconds on the wire, and the time that the requests themselves take.
TIME_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one request to the next: the wait, the reset told before it, what was left after each."""

    place: str
    waited: float
    reset: float
    left: int
    then_left: int


def stretches(exchanges: tuple[Exchange, ...], provider: Provider) -> Iterator[Stretch]:
    """What lies between the requests of a case, as the headers tell it."""
    name = provider.rate.remaining
    for n, (before, after) in enumerate(pairwise(exchanges), 1):
        waited = expect.server_time(after) - expect.server_time(before)
        reset = expect.read_if_valid(lambda one: expect.reset_after_s(one, provider), before)
        yield Stretch(
            f"request {n + 1}", waited, reset, expect.header_int(before, name), expect.header_int(after, name)
        )


@check("limits.reset-makes-whole", any_answer=True)
def test_reset_makes_whole(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that comes after the moment of the reset finds the whole limit, and leaves all of it but itself."""
    whole = expect.header_int(exchanges[0], provider.rate.limit) - 1
    later = [one for one in stretches(exchanges, provider) if one.waited >= one.reset]
    if not later:
        raise Inconclusive("the reset is later than the longest wait of this case")
    for one in later:
        actual = f"{one.then_left} left {one.waited:.0f} s after a reset in {one.reset:g} s was told"
        expect.condition(one.then_left >= whole, f"{whole} left", actual, where=one.place)


@check("limits.reset-is-no-later", any_answer=True)
def test_reset_is_no_later(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """The limit is not whole again before the moment of the reset."""
    whole = expect.header_int(exchanges[0], provider.rate.limit) - 1
    for one in stretches(exchanges, provider):
        if one.waited < one.reset - TIME_TOLERANCE_S and one.then_left >= whole:
            actual = f"the whole limit after {one.waited:.0f} s"
            raise Violation(f"less than the whole limit before {one.reset:g} s are over", actual, where=one.place)
