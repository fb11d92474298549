"""What is settled before a run begins: hosts, bounds, course, and what locust and the workers know of them."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from locust.runners import MasterRunner

from wireproof import aim
from wireproof.errors import WireproofError
from wireproof.load import budget, cells, deal, ending, options, plan, trace
from wireproof.load.cells import Cells
from wireproof.load.course import CLOSED, TRACE, Course
from wireproof.load.scenario import Scenario, one_course
from wireproof.load.shape import Shape

# How long a worker may take for its last report, beyond the time that its requests have.
LAST_REPORT_S = 10.0
# A course of users that go leaves them this long to finish.
GOING_S = 60.0
# How long the word to begin may take from a master to all its workers.
SPAWNING_S = 1.0


def lay_out(environment: Any, scenarios: Sequence[Scenario]) -> Cells | None:
    """Settle it in locust's options, which a master tells its workers; the cells that were started, if any.

    Raises WireproofError where the run may not be, or not so.
    """
    given = environment.parsed_options
    given.provider = given.provider or next((one.provider for one in scenarios if one.provider), "openai")
    ending.prepare(given, scenarios)
    hosts = (environment.host or "").split(",") if environment.host else []
    given.local = given.own_cells or not hosts
    whole = budget.ceilings(options.ceilings_of(given), hosts, allowed=given.i_may_load_this_host)
    course = _course(given, one_course(scenarios))
    running = None if hosts else cells.start(given.provider, given.cells, given.latency, given.providers)
    if running is not None:
        hosts = list(running.hosts)
        environment.host = ",".join(hosts)
    given.hosts = hosts
    given.max_requests, given.max_output_tokens, given.max_cost = whole.requests, whole.output_tokens, whole.dollars
    given.digests = {one.name: one.digest for one in scenarios}
    try:
        known = plan.targets(given, hosts, dict(aim.environment()), local=given.local)
        for one in scenarios:
            deal.deal(one, known[0], given.seed, traced=course.kind == TRACE)
    except WireproofError:
        if running is not None:
            running.stop()
        raise
    _tell(environment, course, known[0].deadlines.total)
    print(f"wireproof load: {', '.join(hosts)} ({given.provider}); seed {given.seed}; {whole}", file=sys.stderr)
    return running


def _course(given: Namespace, course: Course) -> Course:
    """The course as the command line wants it, with its end."""
    course = course.changed(given.rate, given.arrivals, given.num_users, given.run_time)
    if course.kind == TRACE:
        assert course.trace is not None
        last_ns, _ = trace.lines(course.trace, course.speed)[-1]
        course = replace(course, total_s=min(course.total_s, last_ns / 1e9 + 1e-3))
    for name in ("warm_up", "cool_down"):
        if getattr(given, name) is not None:
            course = replace(course, **{f"{name}_s": getattr(given, name)})
    course.check()
    return course


def _tell(environment: Any, course: Course, deadline_s: float) -> None:
    """Tell locust, and the workers, when what is."""
    given = environment.parsed_options
    given.num_users = given.num_users or course.users or (1 if course.kind == CLOSED else options.UNDER_WAY)
    # An open loop begins when its users are there.
    several_s = SPAWNING_S if isinstance(environment.runner, MasterRunner) else 0.0
    given.lead_s = 0.0 if course.kind == CLOSED else given.num_users / given.spawn_rate + several_s
    given.course = course.told()
    if course.kind == CLOSED and course.stages:
        environment.shape_class = Shape(course, given.spawn_rate)
        environment.stop_timeout = max(environment.stop_timeout, min(GOING_S, deadline_s))
        given.run_time = None
    elif not math.isinf(course.total_s):
        # The plan ends the run, and what is under way then is waited for; locust's own timer, which runs while this
        # process still gets ready, is for what never ends.
        given.run_time = given.lead_s + course.total_s + deadline_s + LAST_REPORT_S
