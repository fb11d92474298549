"""A fixed number of examples of a strategy: the same each time, and nothing is sent."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import Probe


def examples(strategy: SearchStrategy[Probe], most: int) -> tuple[Probe, ...]:
    """At most so many probes that differ, in the order in which they are drawn."""
    return tuple({probe.case("").name: probe for probe in draws(strategy, most)}.values())


def draws(strategy: SearchStrategy[Probe], most: int) -> list[Probe]:
    """So many probes as they are drawn, some of them again; fewer where there are no more."""
    drawn: list[Probe] = []

    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(probe: Probe) -> None:
        drawn.append(probe)

    take()
    return drawn
