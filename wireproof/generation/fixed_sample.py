"""A fixed number of examples of a strategy: the same each time, and nothing is sent."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import GeneratedRequest


def distinct_examples(strategy: SearchStrategy[GeneratedRequest], most: int) -> tuple[GeneratedRequest, ...]:
    """At most so many probes that differ, in the order in which they are drawn."""
    return tuple({probe.as_case("").name: probe for probe in draw_examples(strategy, most)}.values())


def draw_examples(strategy: SearchStrategy[GeneratedRequest], most: int) -> list[GeneratedRequest]:
    """So many probes as they are drawn, some of them again; fewer where there are no more."""
    drawn: list[GeneratedRequest] = []

    # Not derandomize: that draws by the source of `take`.
    @seed(0)
    @settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(probe: GeneratedRequest) -> None:
        drawn.append(probe)

    take()
    return drawn
