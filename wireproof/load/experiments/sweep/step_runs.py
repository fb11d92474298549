"""The load runs of a sweep, each a subprocess of `wireproof load`."""

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
    """Starts the load runs of a sweep.

    Attributes:
        scenario: the name of a scenario.
        by: the quantity that is swept, `rate` or `users`.
        seconds: the duration of each run.
        options: options of `wireproof load` for every run, among them the target.
    """

    scenario: str
    by: str
    seconds: float
    options: Sequence[str]

    def measure(self, load: float) -> Step:
        """Runs one load; raises ConfigError if it is refused, WireproofError if it has no summary."""
        options = ["-t", f"{self.seconds:g}s", *self.options, *self._load_options(load)]
        return step_from_summary(load_process.run_scenario(self.scenario, options), load, open_loop=self.by == "rate")

    def _load_options(self, load: float) -> list[str]:
        if self.by == "users":
            return ["-u", f"{load:.0f}", "-r", f"{load:.0f}"]
        # One user per start, so that a start is never missed for want of users.
        users = str(max(1, math.ceil(load * self.seconds)))
        return ["--rate", f"{load:g}", *([] if "-u" in self.options else ["-u", users, "-r", users])]


def ceiling_options_per_step(ceilings: dict[str, float | None], steps: int) -> list[str]:
    """The options that divide the ceilings of a sweep equally among its steps."""
    options = []
    for name, ceiling in ceilings.items():
        if ceiling is not None:
            share = ceiling / steps if name == "max_cost" else max(1, int(ceiling) // steps)
            options += [f"--{name.replace('_', '-')}", f"{share:g}" if name == "max_cost" else str(share)]
    return options


def print_step(step: Step, verdict: str) -> None:
    """Prints the line of a finished step to stderr, as progress."""
    print(f"{step.load:>8g}  {step.good} of {step.asked} good, {step.ok_s:.4g}/s ok: {verdict}", file=sys.stderr)
