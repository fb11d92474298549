"""A fixed sample of a strategy: always the same examples, without sending them."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import GeneratedRequest


def distinct_examples(strategy: SearchStrategy[GeneratedRequest], most: int) -> tuple[GeneratedRequest, ...]:
    """The distinct requests among `most` drawn ones, in the order of drawing."""
    return tuple({request.as_case("").name: request for request in draw_examples(strategy, most)}.values())


def draw_examples(strategy: SearchStrategy[GeneratedRequest], most: int) -> list[GeneratedRequest]:
    """Draws at most `most` requests, some of them repeatedly; fewer if the strategy has no more."""
    drawn: list[GeneratedRequest] = []

    # A seed and not derandomize, which draws by the source text of `take`; tests/matrix.json records these draws.
    @seed(1)
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
