"""Timelines have a bounded number of slices, lose no requests, and can be added over processes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from wireproof.load.results.counters import CounterKey
from wireproof.load.results.timeline import MAX_SLICES, MIN_SLICE_WIDTH_S, Timeline

FOUR_HOURS_S = 4 * 3600.0
MOMENTS = st.lists(st.floats(0, FOUR_HOURS_S), max_size=40)


def recorded(moments: list[float]) -> Timeline:
    """The timeline of a run in which a request of 5 ms ended at each of the given seconds."""
    timeline = Timeline()
    for moment in sorted(moments):
        time_slice = timeline.slice_at(moment)
        time_slice.counts[CounterKey("window", "a", "ok")] += 1
        time_slice.metrics["a", "e2e ms"][5.0] += 1
    return timeline


def counted(timeline: Timeline) -> dict[float, int]:
    """Start of a slice in seconds → number of requests."""
    data = timeline.as_data()
    return {one["place"] * data["width_s"]: one["counts"]["window/a/ok"] for one in data["slices"]}


def test_a_soak_of_four_hours_has_no_more_slices_than_a_minute() -> None:
    minute = recorded([at * MIN_SLICE_WIDTH_S for at in range(MAX_SLICES)])
    soak = recorded([float(at) for at in range(0, int(FOUR_HOURS_S), 5)])

    assert len(counted(minute)) == MAX_SLICES
    assert MAX_SLICES / 2 <= len(counted(soak)) <= MAX_SLICES
    assert sum(counted(soak).values()) == FOUR_HOURS_S / 5
    assert all(one["metrics"] == {"a": {"e2e ms": [[5.0, n]]}} for one in soak.as_data()["slices"]
               for n in [one["counts"]["window/a/ok"]])  # fmt: skip


@given(MOMENTS, MOMENTS)
@settings(max_examples=60)
def test_added_timelines_equal_the_timeline_of_one_process(mine: list[float], others: list[float]) -> None:
    """Holds also if one timeline has wider slices."""
    merged = recorded([])
    for part in (recorded(mine), recorded(others)):
        merged.add_json(part.to_json())
    whole = recorded(mine + others)

    assert merged.width_s == whole.width_s
    assert Counter(counted(merged)) == Counter(counted(whole))
