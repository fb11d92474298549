"""What one process does in a run: whom it asks what, when, and how far it may go."""

from __future__ import annotations

import itertools
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter_ns

from wireproof import aim
from wireproof.load import budget, options, pace
from wireproof.load.budget import Purse
from wireproof.load.pace import Schedule
from wireproof.load.scenario import Scenario, shots
from wireproof.load.shot import Shot
from wireproof.target import Target


@dataclass(slots=True)
class Plan:
    """The targets of a process, its part of the schedule and of the ceilings."""

    targets: tuple[Target, ...]
    seed: int
    jitter_s: float
    purse: Purse
    schedule: Schedule | None = None
    index: int = 0
    flying: int = 0
    users: itertools.count[int] = field(default_factory=itertools.count)
    shots: dict[tuple[str, int], tuple[tuple[Shot, ...], tuple[int, ...]]] = field(default_factory=dict)

    def random(self, user: int) -> Random:
        """The source of chance of one user."""
        return Random(f"{self.seed} {self.index} {user}")

    def loads(self, scenario: Scenario, place: int) -> tuple[tuple[Shot, ...], tuple[int, ...]]:
        """The requests of a scenario at one host, and their weights."""
        key = (scenario.name, place)
        if key not in self.shots:
            made = shots(scenario, self.targets[place])
            self.shots[key] = tuple(shot for shot, _ in made), tuple(weight for _, weight in made)
        return self.shots[key]


def targets(given: Namespace, hosts: Sequence[str], environment: dict[str, str], *, local: bool) -> tuple[Target, ...]:
    """The target at each host; local cells are asked with the keys that the bundled server knows."""
    found = tuple(aim.targets(options.aim_of(given, host), environment)[0] for host in hosts)
    if not local:
        return found
    (known,) = aim.targets(options.aim_of(given, None), environment)
    return tuple(
        replace(target, keys=known.keys, models={**known.models, **target.models}, own_keys=True) for target in found
    )


def plan(given: Namespace, known: tuple[Target, ...], ceilings: budget.Ceilings, index: int, count: int) -> Plan:
    """The part of one process of `count`."""
    purse = Purse(ceilings.share(index, count), budget.prices_of(known[0]))
    schedule = None
    if given.rate:
        starts = pace.arrivals(given.arrivals, given.rate, given.seed)
        schedule = Schedule(pace.share(starts, index, count), perf_counter_ns())
    return Plan(known, given.seed, given.jitter, purse, schedule, index)
