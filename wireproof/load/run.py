"""One run as one process of it sees it: from the hosts to the last report."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, perf_counter_ns, time
from typing import Any

import gevent
from locust import argument_parser
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, LocalRunner, MasterRunner, WorkerRunner

from wireproof import aim, secrets
from wireproof.load import (
    cases,
    conformance,
    ending,
    judging,
    layout,
    live,
    options,
    pace,
    plan,
    summary,
    watch,
)
from wireproof.load.book import Book
from wireproof.load.budget import Ceilings
from wireproof.load.cells import Cells
from wireproof.load.course import CLOSED, Course
from wireproof.load.crew import Crew
from wireproof.load.mould import Sizes
from wireproof.load.records import Records
from wireproof.load.shown import shown_without
from wireproof.load.user import LoadUser
from wireproof.load.window import Window

END = "wireproof-end"
UNDER_WAY = (STATE_RUNNING, STATE_SPAWNING)
# The requests that a process may make which has no share in the run.
NOTHING = Ceilings(requests=0)


class Run:
    """What one process keeps of a run beside locust's statistics."""

    def __init__(self, environment: Any, chosen: Sequence[type[LoadUser]]) -> None:
        self.environment, self.chosen = environment, chosen
        self.cells: Cells | None = None
        self.watching: Any = None
        self.showing: Any = None
        self.book = Book(environment.stats.get, environment.events.request.fire)
        self.crew = Crew()
        self.over = self.final = self.ended = False
        self.refused = ""
        self.began = self._began_s = 0.0
        self._told_due = self._told_missed = 0

    def prepare(self) -> None:
        """Settle what the run is; workers are told by their master."""
        self.cells = layout.lay_out(self.environment, [user.scenario for user in self.chosen])

    def warm(self) -> None:
        """Read what a start will need: a worker that does so when it is told to start misses its heartbeats."""
        aim.targets(options.target_options(self.environment.parsed_options, None), dict(aim.environment()))
        argument_parser.default_args_dict()

    def start(self, **_: Any) -> None:
        """Make the plan of this process; the master only hands out the shares."""
        given, runner = self.environment.parsed_options, self.environment.runner
        self.book.clear()
        self._began_s, self.over, self.final, self.ended = monotonic(), False, False, False
        self.began = time() + given.lead_s
        self._told_due = self._told_missed = 0
        if not isinstance(runner, WorkerRunner) and live.watched(self.environment):
            self.showing = gevent.spawn(
                live.show, self.environment, given.lead_s + Course.from_told(given.course).total_s
            )
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
        self.book.shown = shown_without(secret for one in known for secret in secrets.of_target(one))
        self.began = time() + (made.began_ns - perf_counter_ns()) / 1e9
        self.book.begin(made.began_ns, Window(made.began_ns + opens_s * 1e9, made.began_ns + closes_s * 1e9))
        if given.records:
            self.book.records = Records(Path(given.records), index, made.began_ns, self.book.shown)
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
        for greenlet in (self.watching, self.showing):
            if greenlet is not None:
                greenlet.kill()
        self.watching = self.showing = None
        self._count_starts()
        self.book.flush()
        if self.book.records is not None:
            self.book.records.close()
            self.book.records = None
        runner = self.environment.runner
        if isinstance(runner, WorkerRunner) and not self.final:
            self.final = True
            self._tell()
        elif isinstance(runner, MasterRunner) and not self.ended:
            self.ended = True
            runner.send_message(END)
            with gevent.Timeout(self.environment.stop_timeout + layout.LAST_REPORT_S, False):
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
        if self.environment.runner.state in UNDER_WAY:
            self.crew.late += 1

    def report(self, data: dict[str, Any], **_: Any) -> None:
        """Hand the counts since the last report to the master."""
        self._count_starts()
        if self.refused:
            # Its ceilings are none of the run's.
            del self.book.counts["stopped/ceiling"]
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
            "began": self.began,
            "provider": given.provider,
            "scenarios": [{"name": one.scenario.name, "digest": one.scenario.digest} for one in self.chosen],
            "hosts": given.hosts,
            "local_latency": given.latency if given.local else None,
            "load": course.as_data(),
            "rate": given.rate,
            "arrivals": course.arrivals if course.kind == "open" else None,
            "users": course.height or runner.target_user_count or given.num_users,
            "jitter_s": given.jitter if course.kind == CLOSED else None,
            "seed": given.seed,
            "objectives": given.objectives,
            "error_bar": given.bar,
            "workers": {"count": max(1, len(self.crew.workers)), "lost": lost},
        }
        found = summary.summary(self.environment.stats, self.book, setting, course, given.lead_s)
        (aimed, *_) = aim.targets(options.target_options(given, given.hosts[0]), dict(aim.environment()))
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
        runner = self.environment.runner
        if runner.state in UNDER_WAY and not isinstance(runner, WorkerRunner):
            # A signal ends a run while users ask: they go before the cells do.
            runner.quit()
        self.stop()
        if isinstance(runner, WorkerRunner):
            return
        if self.cells is not None:
            self.cells.stop()
        self.environment.process_exit_code = ending.end(self.summary(), self.environment.parsed_options)
