"""What is settled before a run begins: hosts, bounds, course, and what locust knows of them."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust.runners import MasterRunner

from wireproof.errors import WireproofError
from wireproof.load import cell_servers
from wireproof.load.cell_servers import CellProcesses
from wireproof.load.engine import finish, load_options, process_plan
from wireproof.load.engine.locust_shape import StagedUsers
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.results import request_log
from wireproof.load.scenario import request_mix, spending_limits, trace
from wireproof.load.scenario.load_shape import CLOSED_LOOP, TRACE_REPLAY, LoadShape
from wireproof.load.scenario.scenario import Scenario, single_load_shape

# How long a worker may take for its last report, beyond the time that its requests have.
LAST_REPORT_TIMEOUT_S = 10.0
# A course of users that go leaves them this long to finish.
FINISHING_USERS_S = 60.0
# How long the word to begin may take from a master to all its workers.
START_MESSAGE_S = 1.0


def set_up(environment: Any, scenarios: Sequence[Scenario]) -> tuple[RunSettings, CellProcesses | None]:
    """The settings of a run, and the cells that were started for it, if any.

    Raises WireproofError where the run may not be, or not so.
    """
    given = environment.parsed_options
    settings, running = _build_settings(environment, scenarios), None
    if not settings.hosts:
        running = cell_servers.start_cells(settings.provider, given.cells, given.latency, given.providers)
        settings = replace(settings, hosts=running.hosts)
        environment.host = ",".join(running.hosts)
    try:
        first, *_ = process_plan.build_load_targets(given, settings)
        for one in scenarios:
            request_mix.build_mix(one, first, given.seed, traced=settings.course.kind == TRACE_REPLAY)
    except WireproofError:
        if running is not None:
            running.stop()
        raise
    _tell_locust(environment, settings, first.deadlines.total)
    told = f"{', '.join(settings.hosts)} ({settings.provider}); seed {given.seed}; {settings.ceilings}"
    print(f"wireproof load: {told}", file=sys.stderr)
    return settings, running


def _build_settings(environment: Any, scenarios: Sequence[Scenario]) -> RunSettings:
    """What the command line and the scenarios say, without hosts where cells are still to be started."""
    given = environment.parsed_options
    objectives, thresholds = finish.choose_objectives(given, scenarios), finish.collect_thresholds(given, scenarios)
    error_bar = finish.read_error_bar(given.error_bar)
    if given.records:
        request_log.create_empty_log(Path(given.records))
    hosts = tuple(environment.host.split(",")) if environment.host else ()
    ceilings = spending_limits.ceilings_for_hosts(
        load_options.ceilings_from_options(given), hosts, allowed=given.i_may_load_this_host
    )
    course = _build_load_shape(given, single_load_shape(scenarios))
    given.num_users = (
        given.num_users or course.users or (1 if course.kind == CLOSED_LOOP else load_options.DEFAULT_MAX_UNDER_WAY)
    )
    return RunSettings(
        provider=given.provider or next((one.provider for one in scenarios if one.provider), "openai"),
        hosts=hosts,
        local=given.own_cells or not hosts,
        ceilings=ceilings,
        course=course,
        lead_s=_lead_s(environment, course),
        digests={one.name: one.digest for one in scenarios},
        objectives=objectives,
        thresholds=thresholds,
        error_bar=error_bar,
    )


def _build_load_shape(given: Namespace, course: LoadShape) -> LoadShape:
    """The course as the command line wants it, with its end."""
    course = course.with_options(given.rate, given.arrivals, given.num_users, given.run_time)
    if course.kind == TRACE_REPLAY:
        assert course.trace is not None
        last_ns, _ = trace.read_trace(course.trace, course.speed)[-1]
        course = replace(course, total_s=min(course.total_s, last_ns / 1e9 + 1e-3))
    for name in ("warm_up", "cool_down"):
        if getattr(given, name) is not None:
            course = replace(course, **{f"{name}_s": getattr(given, name)})
    course.validate()
    return course


def _lead_s(environment: Any, course: LoadShape) -> float:
    """Seconds until the users of an open loop are there; a closed loop begins with each of them."""
    if course.kind == CLOSED_LOOP:
        return 0.0
    given = environment.parsed_options
    several_s = START_MESSAGE_S if isinstance(environment.runner, MasterRunner) else 0.0
    users_s: float = given.num_users / given.spawn_rate
    return users_s + several_s


def _tell_locust(environment: Any, settings: RunSettings, deadline_s: float) -> None:
    """Tell locust when how many users ask, and when the run is over at the latest."""
    given, course = environment.parsed_options, settings.course
    if course.kind == CLOSED_LOOP and course.stages:
        environment.shape_class = StagedUsers(course, given.spawn_rate)
        environment.stop_timeout = max(environment.stop_timeout, min(FINISHING_USERS_S, deadline_s))
        given.run_time = None
    elif not math.isinf(course.total_s):
        # The plan ends the run, and what is under way then is waited for; locust's own timer, which runs while this
        # process still gets ready, is for what never ends.
        given.run_time = settings.lead_s + course.total_s + deadline_s + LAST_REPORT_TIMEOUT_S
