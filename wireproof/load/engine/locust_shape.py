"""The users of a closed loop by the stages of its scenario, as locust asks for them each second."""

from __future__ import annotations

from locust import LoadTestShape

from wireproof.load.scenario import stages
from wireproof.load.scenario.load_shape import LoadShape


class StagedUsers(LoadTestShape):
    """So many users now; none left to tell when the course is over, which ends the run."""

    abstract = True
    use_common_options = True

    def __init__(self, course: LoadShape, spawn_rate: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._course, self._spawn_rate = course, spawn_rate

    def tick(self) -> tuple[int, float] | None:
        """The number of users at this moment."""
        second = self.get_run_time()  # type: ignore[no-untyped-call]
        users = stages.stage_value_at(self._course.stages, second) if second < self._course.total_s else None
        return None if users is None else (round(users), self._spawn_rate)
