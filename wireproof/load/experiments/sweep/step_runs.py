"""The load runs of a sweep, each `wireproof load` in a process of its own."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from wireproof.load.experiments import load_process
from wireproof.load.experiments.sweep.step import Step, step_from_summary

CEILING_OPTIONS = ("max_requests", "max_output_tokens", "max_cost")


@dataclass(frozen=True, slots=True)
class StepRuns:
    """How each load run is started.

    Attributes:
        scenario: the name of a scenario.
        by: what is swept: `rate` or `users`.
        seconds: how long each run takes.
        options: of every run: whom to ask, and further ones of `wireproof load`.
    """

    scenario: str
    by: str
    seconds: float
    options: Sequence[str]

    def measure(self, load: float) -> Step:
        """Run one load; raises ConfigError where it is refused, WireproofError where nothing came of it."""
        options = ["-t", f"{self.seconds:g}s", *self.options, *self._load_options(load)]
        return step_from_summary(load_process.run_scenario(self.scenario, options), load, open_loop=self.by == "rate")

    def _load_options(self, load: float) -> list[str]:
        if self.by == "users":
            return ["-u", f"{load:.0f}", "-r", f"{load:.0f}"]
        # As many users as there are starts: that nobody is free is what an endpoint does that falls behind.
        enough = str(max(1, math.ceil(load * self.seconds)))
        return ["--rate", f"{load:g}", *([] if "-u" in self.options else ["-u", enough, "-r", enough])]


def ceiling_options_per_step(ceilings: dict[str, float | None], steps: int) -> list[str]:
    """The options that keep each step within its share of the ceilings of the sweep."""
    options = []
    for name, most in ceilings.items():
        if most is not None:
            share = most / steps if name == "max_cost" else max(1, int(most) // steps)
            options += [f"--{name.replace('_', '-')}", f"{share:g}" if name == "max_cost" else str(share)]
    return options


def print_step(step: Step, verdict: str) -> None:
    """One line for a step that is done, while the others are still to come."""
    print(f"{step.load:>8g}  {step.good} of {step.asked} good, {step.ok_s:.4g}/s ok: {verdict}", file=sys.stderr)
