"""One run as one process of it sees it: from the hosts to the last report."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
from locust import argument_parser
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner, WorkerRunner

from wireproof import aim
from wireproof.load import (
    budget,
    cases,
    cells,
    conformance,
    deal,
    ending,
    judging,
    options,
    pace,
    plan,
    summary,
    trace,
    watch,
)
from wireproof.load.book import Book
from wireproof.load.budget import Ceilings
from wireproof.load.course import CLOSED, TRACE, Course
from wireproof.load.crew import Crew
from wireproof.load.mould import Sizes
from wireproof.load.records import Records
from wireproof.load.scenario import one_course
from wireproof.load.shape import Shape
from wireproof.load.user import LoadUser
from wireproof.load.window import Window

# How long a worker may take for its last report, beyond the time that its requests have.
LAST_REPORT_S = 10.0
# A course of users that go leaves them this long to finish.
GOING_S = 60.0
# How long the word to begin may take from a master to all its workers.
SPAWNING_S = 1.0
END = "wireproof-end"
# The requests that a process may make which has no share in the run.
NOTHING = Ceilings(requests=0)


class Run:
    """What one process keeps of a run beside locust's statistics."""

    def __init__(self, environment: Any, chosen: Sequence[type[LoadUser]]) -> None:
        self.environment, self.chosen = environment, chosen
        self.cells: cells.Cells | None = None
        self.watching: Any = None
        self.book = Book(environment.stats.get, environment.events.request.fire)
        self.crew = Crew()
        self.over = self.final = False
        self.refused = ""
        self._began_s = 0.0
        self._told_due = self._told_missed = 0

    def prepare(self) -> None:
        """Find or start the hosts, and hold the run against its bounds; workers are told by their master."""
        given = self.environment.parsed_options
        scenarios = [user.scenario for user in self.chosen]
        given.provider = given.provider or next((one.provider for one in scenarios if one.provider), "openai")
        ending.prepare(given, scenarios)
        hosts = (self.environment.host or "").split(",") if self.environment.host else []
        given.local = given.own_cells or not hosts
        whole = budget.ceilings(options.ceilings_of(given), hosts, allowed=given.i_may_load_this_host)
        course = self._course(one_course(scenarios))
        if not hosts:
            self.cells = cells.start(given.provider, given.cells, given.latency, given.providers)
            hosts = list(self.cells.hosts)
            self.environment.host = ",".join(hosts)
        given.hosts = hosts
        given.max_requests, given.max_output_tokens, given.max_cost = whole.requests, whole.output_tokens, whole.dollars
        known = plan.targets(given, hosts, dict(aim.environment()), local=given.local)
        for user in self.chosen:
            deal.deal(user.scenario, known[0], given.seed)
        self._lay_out(course, known[0].deadlines.total)
        print(f"wireproof load: {', '.join(hosts)} ({given.provider}); seed {given.seed}; {whole}", file=sys.stderr)

    def _course(self, course: Course) -> Course:
        """The course as the command line wants it, with its end."""
        given = self.environment.parsed_options
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

    def _lay_out(self, course: Course, deadline_s: float) -> None:
        """Tell locust and the workers what the course is."""
        given = self.environment.parsed_options
        given.num_users = given.num_users or course.users or (1 if course.kind == CLOSED else options.UNDER_WAY)
        # An open loop begins when its users are there.
        several_s = SPAWNING_S if isinstance(self.environment.runner, MasterRunner) else 0.0
        given.lead_s = 0.0 if course.kind == CLOSED else given.num_users / given.spawn_rate + several_s
        given.course = course.told()
        given.digests = {user.scenario.name: user.scenario.digest for user in self.chosen}
        if course.kind == CLOSED and course.stages:
            self.environment.shape_class = Shape(course, given.spawn_rate)
            self.environment.stop_timeout = max(self.environment.stop_timeout, min(GOING_S, deadline_s))
            given.run_time = None
        elif given.run_time is None and not math.isinf(course.total_s):
            # What is under way when the last request has started is waited for; this is for what never ends.
            given.run_time = given.lead_s + course.total_s + deadline_s + LAST_REPORT_S

    def warm(self) -> None:
        """Read what a start will need: a worker that does so when it is told to start misses its heartbeats."""
        aim.targets(options.aim_of(self.environment.parsed_options, None), dict(aim.environment()))
        argument_parser.default_args_dict()

    def start(self, **_: Any) -> None:
        """Make the plan of this process; the master only hands out the shares."""
        given, runner = self.environment.parsed_options, self.environment.runner
        self.book.clear()
        self._began_s, self.over, self.final = monotonic(), False, False
        self._told_due = self._told_missed = 0
        if isinstance(runner, MasterRunner):
            given.workers = self._alive()
            self.crew = Crew.of(given.workers)
            gevent.spawn(self._end_when_over)
            return
        workers = given.workers if isinstance(runner, WorkerRunner) else [""]
        name = runner.client_id if isinstance(runner, WorkerRunner) else ""
        self.refused = self._unfit(given, name in workers)
        index = workers.index(name) if name in workers else 0
        known = plan.targets(given, given.hosts, dict(aim.environment()), local=given.local)
        whole = NOTHING if self.refused else options.ceilings_of(given)
        made = plan.plan(given, known, whole, index, len(workers))
        opens_s, closes_s = Course.from_told(given.course).window_s
        self.book.objectives = given.objectives
        self.book.begin(made.began_ns, Window(made.began_ns + opens_s * 1e9, made.began_ns + closes_s * 1e9))
        if given.records:
            self.book.records = Records(Path(given.records), index, made.began_ns)
        LoadUser.plan, LoadUser.book, LoadUser.spent = made, self.book, self.spent
        LoadUser.judge = None if given.no_judge else self._judge(made)
        # What is there by now stays to the end; looking through it again and again would hold up the streams.
        gc.freeze()
        self.watching = gevent.spawn(watch.beat, self.book, made)

    def _judge(self, made: plan.Plan) -> judging.Judge:
        """What judges the answers of this process."""
        # A worker has all users, and its master says which of them are wanted.
        wanted = self.environment.parsed_options.digests
        deals = [made.deal(user.scenario, 0) for user in self.chosen if user.scenario.name in wanted]
        shots = [mould.cast(made.seed, 0, Sizes(1, 1)) for one in deals for mould in one.moulds]
        return judging.warmed(made.targets[0], shots, cases.cases(shot.name for shot in shots))

    def _unfit(self, given: Any, has_share: bool) -> str:
        """Why this process may not take part; nothing where it may."""
        if not has_share:
            return "it came after the start"
        own = {user.scenario.name: user.scenario.digest for user in self.chosen}
        other = [name for name, digest in given.digests.items() if own.get(name) != digest]
        return f"its scenario {other[0]} is not the master's" if other else ""

    def spent(self) -> None:
        """Nothing is left to ask or under way: a run of one process ends, and one of several is ended by its master."""
        runner = self.environment.runner
        if isinstance(runner, LocalRunner) and self.environment.parsed_options.headless:
            gevent.spawn(runner.quit)
        elif isinstance(runner, WorkerRunner) and not self.over:
            self.over = True
            self._tell()

    def stop(self, **_: Any) -> None:
        """Enter what still waits; a worker tells it, and the master waits for that."""
        if self.watching is not None:
            self.watching.kill()
            self.watching = None
        self._count_starts()
        self.book.flush()
        if self.book.records is not None:
            self.book.records.close()
            self.book.records = None
        runner = self.environment.runner
        if isinstance(runner, WorkerRunner) and not self.final:
            self.final = True
            self._tell()
        elif isinstance(runner, MasterRunner):
            runner.send_message(END)
            with gevent.Timeout(self.environment.stop_timeout + LAST_REPORT_S, False):
                while not self.crew.has_told(self._alive()):
                    gevent.sleep(0.02)

    def _count_starts(self) -> None:
        schedule = LoadUser.plan.schedule if hasattr(LoadUser, "plan") else None
        if schedule is not None:
            self.book.counts["schedule/due"] += schedule.given - self._told_due
            self.book.counts["schedule/missed"] += schedule.missed - self._told_missed
            self._told_due, self._told_missed = schedule.given, schedule.missed

    # Between a master and its workers.

    def _alive(self) -> list[str]:
        """The workers that are there, as far as their heartbeats tell."""
        clients = self.environment.runner.clients
        return [name for name, client in clients.items() if client.state != STATE_MISSING]

    def _end_when_over(self) -> None:
        """End a run without a web UI when no worker has anything left to ask."""
        runner, crew = self.environment.runner, self.crew
        while not crew.is_over(self._alive()):
            gevent.sleep(0.1)
        if self.environment.parsed_options.headless and crew is self.crew:
            gevent.spawn(runner.quit)

    def _tell(self) -> None:
        """Send a report now and not at the next interval."""
        runner, data = self.environment.runner, {}  # type: Any, dict[str, Any]
        self.environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
        runner.send_message("stats", data)

    def joined(self, **_: Any) -> None:
        """A worker has come; during a run it comes too late."""
        if self.environment.runner.state in ("running", "spawning"):
            self.crew.late += 1

    def report(self, data: dict[str, Any], **_: Any) -> None:
        """Hand the counts since the last report to the master."""
        self._count_starts()
        state = {"over": self.over, "final": self.final, "refused": self.refused}
        data["wireproof"] = self.book.hand_over() | state

    def collect(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Add the counts of a worker."""
        told: Mapping[str, Any] | None = data.get("wireproof")
        if told is not None:
            self.book.add(told)
            self.crew.report(client_id, told, monotonic() - self._began_s)

    # The result.

    def summary(self) -> Any:
        """The result so far."""
        given, runner = self.environment.parsed_options, self.environment.runner
        course = Course.from_told(given.course)
        lost = self._lost(course) if isinstance(runner, MasterRunner) else []
        setting = {
            "provider": given.provider,
            "scenarios": [{"name": one.scenario.name, "digest": one.scenario.digest} for one in self.chosen],
            "hosts": given.hosts,
            "local_latency": given.latency if given.local else None,
            "load": course.as_data(),
            "rate": given.rate,
            "arrivals": course.arrivals if course.kind == "open" else None,
            "users": _users(course, given.num_users),
            "jitter_s": given.jitter if course.kind == CLOSED else None,
            "seed": given.seed,
            "objectives": given.objectives,
            "error_bar": given.bar,
            "workers": {"count": max(1, len(self.crew.workers)), "lost": lost},
        }
        found = summary.summary(self.environment.stats, self.book, setting, course, given.lead_s)
        (aimed, *_) = aim.targets(options.aim_of(given, given.hosts[0]), dict(aim.environment()))
        found["conformance"] = conformance.told(self.book.counts, aimed)
        return ending.judged(found, given.thresholds, self.crew.doubts(lost))

    def _lost(self, course: Course) -> list[dict[str, Any]]:
        given, count = self.environment.parsed_options, len(self.crew.workers)
        until_s = min(course.total_s, monotonic() - self._began_s - given.lead_s)
        shares: list[int | None] = [None] * count
        if course.kind != CLOSED and not all(one.final for one in self.crew.workers.values()):
            starts = [pace.share(plan.starts(course, given.seed), index, count) for index in range(count)]
            shares = [pace.due_in(one, until_s) for one in starts]
        return self.crew.lost(shares)

    def finish(self, **_: Any) -> None:
        """End the cells, and make the result known; workers have told theirs."""
        if isinstance(self.environment.runner, WorkerRunner):
            return
        if self.cells is not None:
            self.cells.stop()
        self.environment.process_exit_code = ending.end(self.summary(), self.environment.parsed_options)


def _users(course: Course, given: int) -> int:
    """How many users a run has, at its height."""
    heights = [max(stage.first, stage.last) for stage in course.stages]
    return round(max(heights)) if course.kind == CLOSED and heights else given
