"""The settings of hypothesis: number of examples, shrinking, seed and replay."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import randbits
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, reproduce_failure, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from wireproof.generation.replay_line import Replay

# Requests of a family in `.ci/generated`; every fault for generated requests is found within them.
WIDE_EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """The settings of a run that concern generated requests.

    Attributes:
        examples: number of requests of each family; 0 for none.
        shrink: True to reduce a failing request to the smallest one, which sends more requests.
        same: True for the same requests in every run; otherwise new ones, after those that failed before.
        seed: the seed of every draw, so that each check of a case draws the same requests. It is fixed if `same`,
            because hypothesis would derive it from the source text of a test, which changes with every new name.
        examples_in: the folder of requests that failed; None to store none.
        replay: the one request to send; None to draw requests.
    """

    examples: int
    shrink: bool
    same: bool
    seed: int = 0
    examples_in: Path | None = None
    replay: Replay | None = None

    @classmethod
    def from_options(
        cls, *, live: bool, ci: bool, examples: int | None, shrink: bool, kept: Path, replay: Replay | None
    ) -> GenerationSettings:
        """Makes the settings from options; without `examples` no request is generated."""
        same = ci or not live
        return cls(examples or 0, shrink or not live, same, 0 if same else randbits(64), None if same else kept, replay)

    def case_settings(self, name: str) -> settings:
        """The hypothesis settings of one case; each case has a database of its own."""
        database = DirectoryBasedExampleDatabase(self.examples_in / _folder_name(name)) if self.examples_in else None
        phases = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if self.shrink else ()))
        return settings(
            max_examples=max(1, self.examples),
            database=database,
            deadline=None,
            phases=phases,
            print_blob=True,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )

    def apply_to(self, test: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Applies the settings of a case to a hypothesis test."""
        # The settings come last, because `seed` removes the database from settings that it finds.
        configured: Callable[..., Any] = self.case_settings(name)(self.with_start(test))
        return configured

    def with_start(self, test: Any) -> Any:
        """Makes a test or state machine start at the request to replay, or at the seed."""
        if self.replay is not None:
            return reproduce_failure(self.replay.version, self.replay.blob)(test)
        return seed(self.seed)(test)

    def wants(self, check: str, case: str) -> bool:
        """True if requests of this case are generated for this check."""
        return self.examples > 0 if self.replay is None else (check, case) == (self.replay.check, self.replay.case)


def is_ci(environment: Mapping[str, str]) -> bool:
    """True if the environment variable CI is set and is neither 0 nor false."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


def _folder_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)
