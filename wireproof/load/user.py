"""A user of the load run: one connection, one request at a time, forever."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import gevent
from locust import FastHttpUser, constant, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from wireproof.load.book import Book
from wireproof.load.line import Line
from wireproof.load.plan import Plan
from wireproof.load.reader import ask
from wireproof.load.record import Outcome, Record
from wireproof.load.scenario import Scenario
from wireproof.load.shot import Shot
from wireproof.load.watch import LAG, SCHEDULE

# Refusals after which a client waits as long as it is told.
WAITED_FOR = (429, 503)
# A user spreads its return over this share of the wait: those who were sent away together do not come back so.
SPREAD = 0.1
# What a user that is not let in waits, where the server does not say; a refusal costs it nothing to give.
UNASKED_S = 1.0


class LoadUser(FastHttpUser):
    """Asks the cases of its scenario; `plan` and `book` are the process's, set before the first user starts."""

    abstract = True
    wait_time = constant(0)
    insecure = False
    scenario: Scenario
    plan: Plan
    book: Book
    spent: Callable[[], None]

    def on_start(self) -> None:
        """Take a host, a source of chance and a line; in a closed loop, wait a part of the jitter."""
        number = next(self.plan.users)
        place = number % len(self.plan.targets)
        self.random = self.plan.random(number)
        self.deadlines = self.plan.targets[place].deadlines
        self.shots, self.weights = self.plan.loads(self.scenario, place)
        self.line = Line(self._pool(self.plan.targets[place].base_url))
        if self.plan.schedule is None:
            gevent.sleep(self.random.uniform(0, self.plan.jitter_s))

    def on_stop(self) -> None:
        """Hang up."""
        self.line.drop()

    def _pool(self, url: str) -> Any:
        agent = self.client.client
        request = agent._make_request(url)
        pool = agent.clientpool.get_client(request.url_split)._connection_pool
        pool.connection_timeout = self.deadlines.connect
        return pool

    @task
    def forever(self) -> None:
        """Ask again and again; locust's own round between two tasks costs as much as a small request."""
        while self._state != LOCUST_STATE_STOPPING:
            self.one()

    def one(self) -> None:
        """Ask once, when it is due."""
        shot = self.shots[0] if len(self.shots) == 1 else self.random.choices(self.shots, self.weights)[0]
        due_ns = self._due()
        if not self.plan.purse.admits(shot):
            self.book.counts["stopped/ceiling"] = 1
            if not self.plan.flying:
                self.spent()
            raise StopUser
        self.plan.flying += 1
        try:
            record = ask(self.line, shot, self.deadlines, due_ns)
        except gevent.GreenletExit:
            self.book.counts["unfinished"] += 1
            raise
        finally:
            self.plan.flying -= 1
        self._enter(record, shot)

    def _due(self) -> int | None:
        """Wait for the next start of the schedule; none in a closed loop."""
        schedule = self.plan.schedule
        if schedule is None:
            return None
        due_ns = schedule.take(perf_counter_ns())
        gevent.sleep(max(0.0, (due_ns - perf_counter_ns()) / 1e9))
        return due_ns

    def _enter(self, record: Record, shot: Shot) -> None:
        self.book.enter(record, shot.method)
        self.plan.purse.settle(shot, record.tokens)
        if self.plan.schedule is not None:
            self.book.note(SCHEDULE, LAG, max(0.0, (record.sent_ns - record.due_ns) / 1e6))
        if record.status in WAITED_FOR:
            wait_s = UNASKED_S if record.retry_after_s is None else record.retry_after_s
            self.book.counts["waited ms"] += int(wait_s * 1000)
            gevent.sleep(wait_s * (1 + self.random.uniform(0, SPREAD)))
        elif record.outcome is Outcome.UNREACHABLE:
            gevent.sleep(UNASKED_S * self.random.uniform(0.5, 1.5))
