"""A sweep runs no load above one that failed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wireproof.load.experiments.sweep.search import SearchBounds, find_highest_load
from wireproof.load.experiments.sweep.step import Step


@given(capacity=st.floats(0.5, 900), behind=st.booleans())
def test_no_load_above_a_failing_one_is_run(capacity: float, behind: bool) -> None:
    loads: list[float] = []

    def measure(load: float) -> Step:
        loads.append(load)
        fine = load <= capacity
        # Overload shows in bad requests or in starts that fall behind.
        return Step(load, 400, 400 if fine or behind else 0, min(load, capacity), behind=behind and not fine)

    found = find_highest_load(measure, SearchBounds(1, 1000, 0.95, 0.1, 40, whole=False))

    failing = [place for place, load in enumerate(loads) if load > capacity]
    assert failing
    first = failing[0]
    assert max(loads[first:]) == loads[first]
    # The load is doubled, so the first failing one is at most twice the capacity.
    assert loads[first] <= max(1.0, 2 * capacity)
    assert found.fails is not None
    assert found.fails <= loads[first]
