"""The time in the reset header: the limit is whole again then, and not before."""

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
    """The time between two requests.

    Attributes:
        place: the later request.
        waited: seconds between the two.
        reset: seconds until the reset, as stated before the wait.
        left: remaining requests before the wait.
        then_left: remaining requests after it.
    """

    place: str
    waited: float
    reset: float
    left: int
    then_left: int


def stretches(exchanges: tuple[Exchange, ...], provider: Provider) -> Iterator[Stretch]:
    """Yields the time between every two requests of a case, with the stated limits."""
    name = provider.rate.remaining
    for n, (before, after) in enumerate(pairwise(exchanges), 1):
        waited = expect.server_time(after) - expect.server_time(before)
        reset = expect.read_if_valid(lambda exchange: expect.reset_after_s(exchange, provider), before)
        yield Stretch(
            f"request {n + 1}", waited, reset, expect.header_int(before, name), expect.header_int(after, name)
        )


@check("limits.reset-makes-whole", any_answer=True)
def test_reset_makes_whole(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request after the stated reset finds the whole limit, and leaves all of it but one."""
    whole = expect.header_int(exchanges[0], provider.rate.limit) - 1
    later = [stretch for stretch in stretches(exchanges, provider) if stretch.waited >= stretch.reset]
    if not later:
        raise Inconclusive("the reset is later than the longest wait of this case")
    for stretch in later:
        actual = f"{stretch.then_left} left {stretch.waited:.0f} s after a stated reset in {stretch.reset:g} s"
        expect.condition(stretch.then_left >= whole, f"{whole} left", actual, where=stretch.place)


@check("limits.reset-is-no-later", any_answer=True)
def test_reset_is_no_later(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """The limit is not whole again before the stated reset."""
    whole = expect.header_int(exchanges[0], provider.rate.limit) - 1
    for stretch in stretches(exchanges, provider):
        if stretch.waited < stretch.reset - TIME_TOLERANCE_S and stretch.then_left >= whole:
            actual = f"the whole limit after {stretch.waited:.0f} s"
            raise Violation(
                f"less than the whole limit before {stretch.reset:g} s are over", actual, where=stretch.place
            )
