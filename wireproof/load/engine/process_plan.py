"""What one process does in a run: whom it asks what, when, and how far it may go."""

from __future__ import annotations

import itertools
import math
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter_ns

from wireproof.contract import target_options
from wireproof.contract.target import Target
from wireproof.load.engine import load_options
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.scenario import schedule as pace
from wireproof.load.scenario import spending_limits, stages, trace
from wireproof.load.scenario.load_shape import CLOSED_LOOP, TRACE_REPLAY, LoadShape
from wireproof.load.scenario.request_mix import RequestMix, build_mix
from wireproof.load.scenario.request_template import TokenCounts
from wireproof.load.scenario.scenario import Scenario
from wireproof.load.scenario.schedule import DueRequest, Schedule
from wireproof.load.scenario.spending_limits import SpendingAccount


@dataclass(slots=True)
class ProcessPlan:
    """The targets of a process, its part of the schedule and of the ceilings.

    Attributes:
        began_ns, ends_ns: when the course begins, and when the last request starts.
        numbers: those of its requests in a closed loop; those of all processes are each number once.
        busy: requests that are being seen to, those that wait for their start included; flying: under way.
    """

    targets: tuple[Target, ...]
    seed: int
    jitter_s: float
    account: SpendingAccount
    began_ns: int
    ends_ns: float
    numbers: Iterator[int]
    schedule: Schedule | None = None
    index: int = 0
    traced: bool = False
    busy: int = 0
    under_way: int = 0
    users: itertools.count[int] = field(default_factory=itertools.count)
    request_mixes: dict[tuple[str, int], RequestMix] = field(default_factory=dict)

    def user_random(self, user: int) -> Random:
        """The source of chance of one user."""
        return Random(f"{self.seed} {self.index} {user}")

    def request_mix(self, scenario: Scenario, place: int) -> RequestMix:
        """The requests of a scenario at one host."""
        key = (scenario.name, place)
        if key not in self.request_mixes:
            self.request_mixes[key] = build_mix(scenario, self.targets[place], self.seed, traced=self.traced)
        return self.request_mixes[key]

    def take_next(self, now_ns: int) -> DueRequest | None:
        """The next request to make: at once in a closed loop; None where there is none any more."""
        if self.schedule is not None:
            return self.schedule.take_next(now_ns)
        return DueRequest(next(self.numbers), now_ns) if now_ns < self.ends_ns else None


def build_load_targets(given: Namespace, settings: RunSettings) -> tuple[Target, ...]:
    """The target at each host; local cells are asked with the keys that the bundled server knows."""
    environment = dict(target_options.environment())
    aimed = (load_options.target_options_at(given, settings.provider, host) for host in settings.hosts)
    found = tuple(target_options.build_targets(one, environment)[0] for one in aimed)
    if not settings.local:
        return found
    (known,) = target_options.build_targets(load_options.target_options_at(given, settings.provider, None), environment)
    return tuple(
        replace(target, keys=known.keys, models={**known.models, **target.models}, own_keys=True) for target in found
    )


def make_process_plan(given: Namespace, settings: RunSettings, index: int, count: int) -> ProcessPlan:
    """The part of one process of `count`."""
    known, course = build_load_targets(given, settings), settings.course
    purse = SpendingAccount(settings.ceilings.share(index, count), spending_limits.find_highest_prices(known[0]))
    began_ns = perf_counter_ns() + int(settings.lead_s * 1e9)
    ends_ns = math.inf if math.isinf(course.total_s) else began_ns + course.total_s * 1e9
    schedule = None
    if course.kind != CLOSED_LOOP:
        schedule = Schedule(pace.share_of_starts(all_starts(course, given.seed), index, count), began_ns, ends_ns)
    numbers = itertools.count(index, count)
    return ProcessPlan(
        known, given.seed, given.jitter, purse, began_ns, ends_ns, numbers, schedule, index, course.kind == TRACE_REPLAY
    )


def all_starts(course: LoadShape, seed: int) -> Iterable[int | tuple[int, TokenCounts]]:
    """The whole schedule of a course, over all processes."""
    if course.kind == TRACE_REPLAY:
        assert course.trace is not None
        return trace.read_trace(course.trace, course.speed)
    return stages.start_times_ns(course.stages, course.arrivals, seed)
