"""The plan of one process in a run: its targets, its schedule, its share of the ceilings."""

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
from wireproof.judging.shown_abilities import ABILITY_ROLES
from wireproof.load.engine import load_options
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.scenario import spending_limits, stages, trace
from wireproof.load.scenario.load_shape import CLOSED_LOOP, TRACE_REPLAY, LoadShape
from wireproof.load.scenario.request_mix import RequestMix, build_mix
from wireproof.load.scenario.request_template import TokenCounts
from wireproof.load.scenario.scenario import Scenario
from wireproof.load.scenario.schedule import DueRequest, Schedule, share_of_starts
from wireproof.load.scenario.spending_limits import SpendingAccount


@dataclass(slots=True)
class ProcessPlan:
    """The targets of a process, its part of the schedule and of the ceilings.

    Attributes:
        jitter_s: seconds over which the users of a closed loop spread their first requests.
        began_ns, ends_ns: the start of the load, and the end of its starts, by the clock of this process.
        numbers: the numbers of the requests in a closed loop; over all processes each number occurs once.
        index: the place of this process among those of the run.
        traced: the sizes of the requests come from a trace.
        busy: requests in progress, those that wait for their start included.
        under_way: requests that are sent and have not ended.
        users: the numbers of the users of this process.
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
        """The random generator of one user."""
        return Random(f"{self.seed} {self.index} {user}")

    def request_mix(self, scenario: Scenario, target_index: int) -> RequestMix:
        """The requests of a scenario at one target."""
        key = (scenario.name, target_index)
        if key not in self.request_mixes:
            self.request_mixes[key] = build_mix(scenario, self.targets[target_index], self.seed, traced=self.traced)
        return self.request_mixes[key]

    def take_next(self, now_ns: int) -> DueRequest | None:
        """The next request to send, at once in a closed loop; None if there is none left."""
        if self.schedule is not None:
            return self.schedule.take_next(now_ns)
        return DueRequest(next(self.numbers), now_ns) if now_ns < self.ends_ns else None


def build_load_targets(options: Namespace, settings: RunSettings) -> tuple[Target, ...]:
    """The target at each host; for local cells, with the keys that the reference server accepts.

    Elsewhere the chat model plays each role that it can and for which no model is named: its answers show if it can.
    """
    targets = build_named_targets(options, settings)
    if not settings.local:
        return tuple(target.with_chat_model_in(ABILITY_ROLES) for target in targets)
    (bundled,) = target_options.build_targets(
        load_options.target_options_at(options, settings.provider, None), dict(target_options.environment())
    )
    return tuple(
        replace(target, keys=bundled.keys, models={**bundled.models, **target.models}, own_keys=True)
        for target in targets
    )


def build_named_targets(options: Namespace, settings: RunSettings) -> tuple[Target, ...]:
    """The target at each host, with the models that the options name and no others."""
    environment = dict(target_options.environment())
    options_by_host = (load_options.target_options_at(options, settings.provider, host) for host in settings.hosts)
    return tuple(target_options.build_targets(of_host, environment)[0] for of_host in options_by_host)


def make_process_plan(options: Namespace, settings: RunSettings, index: int, count: int) -> ProcessPlan:
    """Makes the plan of one of `count` processes."""
    targets, load_shape = build_load_targets(options, settings), settings.course
    account = SpendingAccount(settings.ceilings.share(index, count), spending_limits.find_highest_prices(targets[0]))
    began_ns = perf_counter_ns() + int(settings.lead_s * 1e9)
    ends_ns = math.inf if math.isinf(load_shape.total_s) else began_ns + load_shape.total_s * 1e9
    schedule = None
    if load_shape.kind != CLOSED_LOOP:
        schedule = Schedule(share_of_starts(all_starts(load_shape, options.seed), index, count), began_ns, ends_ns)
    numbers = itertools.count(index, count)
    return ProcessPlan(
        targets,
        options.seed,
        options.jitter,
        account,
        began_ns,
        ends_ns,
        numbers,
        schedule,
        index,
        load_shape.kind == TRACE_REPLAY,
    )


def all_starts(load_shape: LoadShape, seed: int) -> Iterable[int | tuple[int, TokenCounts]]:
    """The whole schedule of a load shape, over all processes."""
    if load_shape.kind == TRACE_REPLAY:
        assert load_shape.trace is not None
        return trace.read_trace(load_shape.trace, load_shape.speed)
    return stages.start_times_ns(load_shape.stages, load_shape.arrivals, seed)
