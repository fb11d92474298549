"""The slices of a long run are as few as those of a short one, lose nothing, and add up over processes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from wireproof.load.results.counters import CounterKey
from wireproof.load.results.timeline import MAX_SLICES, MIN_SLICE_WIDTH_S, Timeline

FOUR_HOURS_S = 4 * 3600.0
MOMENTS = st.lists(st.floats(0, FOUR_HOURS_S), max_size=40)


def noted(moments: list[float]) -> Timeline:
    """A run in which an answer of 5 ms ended at each moment."""
    made = Timeline()
    for moment in sorted(moments):
        one = made.slice_at(moment)
        one.counts[CounterKey("window", "a", "ok")] += 1
        one.metrics["a", "e2e ms"][5.0] += 1
    return made


def counted(timeline: Timeline) -> dict[float, int]:
    """Answers by the beginning of their slice, in seconds."""
    data = timeline.as_data()
    return {one["place"] * data["width_s"]: one["counts"]["window/a/ok"] for one in data["slices"]}


def test_a_soak_of_four_hours_has_no_more_slices_than_a_minute() -> None:
    minute = noted([at * MIN_SLICE_WIDTH_S for at in range(MAX_SLICES)])
    soak = noted([float(at) for at in range(0, int(FOUR_HOURS_S), 5)])

    assert len(counted(minute)) == MAX_SLICES
    assert MAX_SLICES / 2 <= len(counted(soak)) <= MAX_SLICES
    assert sum(counted(soak).values()) == FOUR_HOURS_S / 5
    assert all(one["metrics"] == {"a": {"e2e ms": [[5.0, n]]}} for one in soak.as_data()["slices"]
               for n in [one["counts"]["window/a/ok"]])  # fmt: skip


@given(MOMENTS, MOMENTS)
@settings(max_examples=60)
def test_two_processes_told_one_after_the_other_are_one(mine: list[float], others: list[float]) -> None:
    """Whichever of them has run longer, and so has wider slices."""
    merged = noted([])
    for part in (noted(mine), noted(others)):
        merged.add_json(part.to_json())
    whole = noted(mine + others)

    assert merged.width_s == whole.width_s
    assert Counter(counted(merged)) == Counter(counted(whole))
