"""The users of a closed loop by the stages of its scenario; locust reads their number each second."""

from __future__ import annotations

from locust import LoadTestShape

from wireproof.load.scenario import stages
from wireproof.load.scenario.load_shape import LoadShape


class StagedUsers(LoadTestShape):
    """The number of users over time; the end of the stages ends the run."""

    abstract = True
    use_common_options = True

    def __init__(self, load_shape: LoadShape, spawn_rate: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._load_shape, self._spawn_rate = load_shape, spawn_rate

    def tick(self) -> tuple[int, float] | None:
        """The number of users at this moment, and the spawn rate; None ends the run."""
        second = self.get_run_time()  # type: ignore[no-untyped-call]
        users = stages.stage_value_at(self._load_shape.stages, second) if second < self._load_shape.total_s else None
        return None if users is None else (round(users), self._spawn_rate)
