"""The load runs of a sweep, each `wireproof load` in a process of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError, WireproofError
from wireproof.load import cells
from wireproof.sweep.step import Step, of_summary

# A run with failures, or with figures in doubt, ends by a code of its own and has figures all the same.
WITH_FIGURES = (0, 1, 3)
# A run is refused for what is wrong with its options.
REFUSED = 2
CEILINGS = ("max_requests", "max_output_tokens", "max_cost")


@dataclass(frozen=True, slots=True)
class Runs:
    """How each load run is started.

    Attributes:
        scenario: the name of a scenario.
        by: what is swept: `rate` or `users`.
        seconds: how long each run takes.
        options: further ones of `wireproof load`, for every run.
    """

    scenario: str
    by: str
    seconds: float
    hosts: Sequence[str]
    options: Sequence[str] = ()

    def measure(self, load: float) -> Step:
        """Run one load; raises ConfigError where it is refused, WireproofError where nothing came of it."""
        return of_summary(self._summary(load), load, open_loop=self.by == "rate")

    def _load(self, load: float) -> list[str]:
        if self.by == "users":
            return ["-u", f"{load:.0f}", "-r", f"{load:.0f}"]
        # As many users as there are starts: that nobody is free is what an endpoint does that falls behind.
        enough = str(max(1, math.ceil(load * self.seconds)))
        return ["--rate", f"{load:g}", *([] if "-u" in self.options else ["-u", enough, "-r", enough])]

    def _summary(self, load: float) -> dict[str, Any]:
        from wireproof.commands.load import locust

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "summary.json"
            command = [*locust(), self.scenario, "--headless", "--only-summary", "--host", ",".join(self.hosts)]
            command += ["-t", f"{self.seconds:g}s", "--summary", str(file), *self.options]
            command += self._load(load)
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            told = ended.stderr.strip().splitlines()
            if ended.returncode == REFUSED:
                raise ConfigError("wireproof load", told[-1] if told else "it did not start", "mend the option")
            if ended.returncode not in WITH_FIGURES or not file.is_file():
                raise WireproofError(f"the load run ended with code {ended.returncode}: {' '.join(told)[-500:]}")
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return found


@contextmanager
def hosts(
    given: str | None, provider: str, count: int, latency: str, providers: str | None, script: str | None = None
) -> Iterator[list[str]]:
    """The hosts that were named, or cells of our own, with the script of their lives, for as long as it takes."""
    if given:
        yield given.split(",")
        return
    running = cells.start(provider, count, latency, providers, script)
    try:
        yield list(running.hosts)
    finally:
        running.stop()


def shared_out(ceilings: dict[str, float | None], steps: int) -> list[str]:
    """The options that keep each step within its share of the ceilings of the sweep."""
    options = []
    for name, most in ceilings.items():
        if most is not None:
            share = most / steps if name == "max_cost" else max(1, int(most) // steps)
            options += [f"--{name.replace('_', '-')}", f"{share:g}" if name == "max_cost" else str(share)]
    return options


def progress(step: Step, verdict: str) -> None:
    """One line for a step that is done, while the others are still to come."""
    print(f"{step.load:>8g}  {step.good} of {step.asked} good, {step.ok_s:.4g}/s ok: {verdict}", file=sys.stderr)
