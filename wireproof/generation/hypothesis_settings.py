"""How hard generated requests are looked for: how many, whether made smaller, and where luck comes from."""

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

# A family at the bundled server: what `.ci/generated` draws, and what each fault made for these is found within.
WIDE_EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """The settings of a run that concern generated requests.

    Attributes:
        examples: requests of each family; 0 where none are made.
        shrink: a request that fails is made as small as it can be, which sends more of them.
        same: the same requests each time, in place of new ones with those that failed before in front.
        seed: the start of every draw, so that each check of a case draws the same requests. A fixed number, where
            `same`: hypothesis would take it from the source of a test, and a new name there would draw other requests.
        examples_in: where the requests that failed are kept.
        replay: the one request to ask; None where they are drawn.
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
        """What the options come to: no request is generated that was not asked for."""
        same = ci or not live
        return cls(examples or 0, shrink or not live, same, 0 if same else randbits(64), None if same else kept, replay)

    def case_settings(self, name: str) -> settings:
        """hypothesis's settings for one case; each has a database of its own."""
        kept = DirectoryBasedExampleDatabase(self.examples_in / _folder_name(name)) if self.examples_in else None
        phases = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if self.shrink else ()))
        return settings(
            max_examples=max(1, self.examples),
            database=kept,
            deadline=None,
            phases=phases,
            print_blob=True,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )

    def apply_to(self, test: Callable[..., Any], name: str) -> Callable[..., Any]:
        """A test of hypothesis that takes this effort."""
        # The settings come last: a seed takes the database out of those it finds.
        made: Callable[..., Any] = self.case_settings(name)(self.with_start(test))
        return made

    def with_start(self, test: Any) -> Any:
        """A test, or a machine, that begins where it is told: at the one request to be asked again, or at a seed."""
        if self.replay is not None:
            return reproduce_failure(self.replay.version, self.replay.blob)(test)
        return seed(self.seed)(test)

    def wants(self, check: str, case: str) -> bool:
        """Whether requests of a case are made for a check."""
        return self.examples > 0 if self.replay is None else (check, case) == (self.replay.check, self.replay.case)


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether the run is a step of continuous integration."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


def _folder_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)
