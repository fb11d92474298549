"""A sweep loads an endpoint no more than it must: once a load was too much, nothing above it is asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wireproof.load.experiments.sweep.search import SearchBounds, find_highest_load
from wireproof.load.experiments.sweep.step import Step


@given(capacity=st.floats(0.5, 900), behind=st.booleans())
def test_nothing_above_a_load_that_was_too_much_is_asked(capacity: float, behind: bool) -> None:
    asked: list[float] = []

    def measure(load: float) -> Step:
        asked.append(load)
        fine = load <= capacity
        # What is too much shows in bad answers, or in starts that fall behind.
        return Step(load, 400, 400 if fine or behind else 0, min(load, capacity), behind=behind and not fine)

    found = find_highest_load(measure, SearchBounds(1, 1000, 0.95, 0.1, 40, whole=False))

    too_much = [place for place, load in enumerate(asked) if load > capacity]
    assert too_much
    first = too_much[0]
    assert max(asked[first:]) == asked[first]
    # Doubling finds it, so that it is at most twice what could be carried, and then only what lies below is asked.
    assert asked[first] <= max(1.0, 2 * capacity)
    assert found.fails is not None
    assert found.fails <= asked[first]
