"""A user of the load run: one connection, one request at a time, forever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import gevent
from locust import FastHttpUser, constant, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from wireproof.load.conformance.response_judge import JUDGED_OUTCOMES, ResponseJudge
from wireproof.load.engine.kept_connection import KeptConnection
from wireproof.load.engine.process_plan import ProcessPlan
from wireproof.load.engine.request import send_request
from wireproof.load.request_record import Outcome, RequestRecord
from wireproof.load.results import throttling
from wireproof.load.results.counters import STOPPED_BY_CEILING, UNFINISHED
from wireproof.load.results.doubts import LAG_METRIC, SCHEDULE_ROW
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.scenario import Scenario
from wireproof.load.scenario.schedule import DueRequest

# A user spreads its return over this share of the wait: those who were sent away together do not come back so.
WAIT_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class UserContext:
    """All that the users of a process share during a run.

    Attributes:
        judge: None where answers are not judged.
        when_idle: what the last user calls that finds nothing left to ask, and nothing under way.
    """

    plan: ProcessPlan
    book: MetricsRecorder
    judge: ResponseJudge | None
    when_idle: Callable[[], None]

    def attach_to(self, environment: Any) -> None:
        """Keep it at locust's environment, where each user finds it."""
        environment.wireproof = self

    @classmethod
    def from_environment(cls, environment: Any) -> UserContext:
        """The context that was given to an environment."""
        found: UserContext = environment.wireproof
        return found


class LoadUser(FastHttpUser):
    """Asks the cases of its scenario."""

    abstract = True
    wait_time = constant(0)
    insecure = False
    # Whether the last answer told it to wait.
    was_told_to_wait = False
    scenario: Scenario

    def on_start(self) -> None:
        """Take a host, a source of chance and a line; in a closed loop, wait a part of the jitter."""
        context = UserContext.from_environment(self.environment)
        self.plan, self.book, self.judge = context.plan, context.book, context.judge
        self.when_idle = context.when_idle
        number = next(self.plan.users)
        place = number % len(self.plan.targets)
        self.random = self.plan.user_random(number)
        self.deadlines = self.plan.targets[place].deadlines
        self.request_mix = self.plan.request_mix(self.scenario, place)
        self.line = KeptConnection(self._connection_pool(self.plan.targets[place].base_url))
        if self.plan.schedule is None:
            gevent.sleep(self.random.uniform(0, self.plan.jitter_s))

    def on_stop(self) -> None:
        """Hang up."""
        self.line.drop()

    def _connection_pool(self, url: str) -> Any:
        agent = self.client.client
        request = agent._make_request(url)
        pool = agent.clientpool.get_client(request.url_split)._connection_pool
        pool.connection_timeout = self.deadlines.connect
        return pool

    @task
    def forever(self) -> None:
        """Ask again and again; locust's own round between two tasks costs as much as a small request."""
        while self._state != LOCUST_STATE_STOPPING:
            self.ask_once()

    def ask_once(self) -> None:
        """Ask once, when it is due; a user for whom nothing is left to ask goes."""
        self.plan.busy += 1
        try:
            asked = self._ask_next()
        finally:
            self.plan.busy -= 1
        if asked is not None:
            self._record_result(*asked)
            return
        if not self.plan.busy:
            self.when_idle()
        raise StopUser

    def _ask_next(self) -> tuple[RequestRecord, PreparedRequest, int] | None:
        """The next request and what came of it; None where there is none, or it may go beyond a ceiling."""
        start = self.plan.take_next(perf_counter_ns())
        if start is None:
            return None
        shot = self.request_mix.request(start.number, start.sizes)
        if not self.plan.account.try_reserve(shot):
            self.book.counts[STOPPED_BY_CEILING] = 1
            return None
        return self._send_when_due(start, shot), shot, start.number

    def _send_when_due(self, start: DueRequest, shot: PreparedRequest) -> RequestRecord:
        """The answer to a request that is sent when its start is due; at once in a closed loop."""
        plan, due_ns = self.plan, None
        if plan.schedule is not None:
            due_ns = start.at_ns
            gevent.sleep(max(0.0, (due_ns - perf_counter_ns()) / 1e9))
        plan.under_way += 1
        try:
            self.under_way = plan.under_way
            return send_request(self.line, shot, self.deadlines, due_ns, keeps=self.judge is not None)
        except gevent.GreenletExit:
            self.book.counts[UNFINISHED] += 1
            raise
        finally:
            plan.under_way -= 1

    def _record_result(self, record: RequestRecord, shot: PreparedRequest, number: int) -> None:
        self.book.record_request(record, shot.method, number)
        if self.judge is not None and record.outcome in JUDGED_OUTCOMES:
            self.book.record_judgement(record, self.under_way, self.judge.broken_checks(record, shot))
        self.plan.account.settle(shot, record.tokens)
        if self.plan.schedule is not None:
            self.book.record_value(SCHEDULE_ROW, LAG_METRIC, max(0.0, (record.sent_ns - record.due_ns) / 1e6))
        wait_s = throttling.record_and_get_wait_s(self.book, record, waited=self.was_told_to_wait)
        self.was_told_to_wait = record.retry_after_s is not None and wait_s is not None
        if wait_s is not None:
            gevent.sleep(wait_s * (1 + self.random.uniform(0, WAIT_SPREAD)))
        elif record.outcome is Outcome.UNREACHABLE:
            gevent.sleep(throttling.MIN_WAIT_S * self.random.uniform(0.5, 1.5))
