"""A user of a load run: one connection, one request at a time, until the run ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import gevent
from locust import FastHttpUser, constant, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from wireproof.contract.target import Network, Target
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

# A user adds a random part of this share to its wait, so that users that are refused together return apart.
WAIT_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class UserContext:
    """The objects that the users of a process share during a run.

    Attributes:
        judge: the judge of responses; None if they are not judged.
        when_idle: called by the last user, when no request is left or under way.
    """

    plan: ProcessPlan
    recorder: MetricsRecorder
    judge: ResponseJudge | None
    when_idle: Callable[[], None]

    def attach_to(self, environment: Any) -> None:
        """Stores this context in locust's environment, where each user finds it."""
        environment.wireproof = self

    @classmethod
    def from_environment(cls, environment: Any) -> UserContext:
        """The context that is stored in an environment."""
        context: UserContext = environment.wireproof
        return context


class LoadUser(FastHttpUser):
    """Sends the requests of its scenario."""

    abstract = True
    wait_time = constant(0)
    insecure = False
    # True after a refusal that named a wait.
    was_told_to_wait = False
    scenario: Scenario

    def on_start(self) -> None:
        """Takes a target, a random generator and a connection; in a closed loop, waits for a part of the jitter."""
        context = UserContext.from_environment(self.environment)
        self.plan, self.recorder, self.judge = context.plan, context.recorder, context.judge
        self.when_idle = context.when_idle
        number = next(self.plan.users)
        target_index = number % len(self.plan.targets)
        self.random = self.plan.user_random(number)
        self.deadlines = self.plan.targets[target_index].deadlines
        self.request_mix = self.plan.request_mix(self.scenario, target_index)
        self.connection = KeptConnection(self._connection_pool(self.plan.targets[target_index]))
        if self.plan.schedule is None:
            gevent.sleep(self.random.uniform(0, self.plan.jitter_s))

    def on_stop(self) -> None:
        """Closes the connection."""
        self.connection.drop()

    def _connection_pool(self, target: Target) -> Any:
        agent = self.client.client
        request = agent._make_request(target.base_url)
        pool = agent.clientpool.get_client(request.url_split)._connection_pool
        pool.connection_timeout = self.deadlines.connect
        if target.network != Network() and hasattr(pool, "ssl_context"):
            # Imported late: most runs need no library of another client.
            from wireproof.client.http_client import tls_context

            pool.ssl_context = tls_context(target.network)
        return pool

    @task
    def forever(self) -> None:
        """Sends request after request; locust's own loop between two tasks costs as much as a small request."""
        while self._state != LOCUST_STATE_STOPPING:
            self.send_once()

    def send_once(self) -> None:
        """Sends one request when it is due, and records it; ends the user if no request is left."""
        self.plan.busy += 1
        try:
            sent = self._send_next()
        finally:
            self.plan.busy -= 1
        if sent is not None:
            self._record_result(*sent)
            return
        if not self.plan.busy:
            self.when_idle()
        raise StopUser

    def _send_next(self) -> tuple[RequestRecord, PreparedRequest, int] | None:
        """Sends the next request; returns None if there is none, or if it may exceed a ceiling."""
        start = self.plan.take_next(perf_counter_ns())
        if start is None:
            return None
        request = self.request_mix.request(start.number, start.sizes)
        if not self.plan.account.try_reserve(request):
            self.recorder.counts[STOPPED_BY_CEILING] = 1
            return None
        return self._send_when_due(start, request), request, start.number

    def _send_when_due(self, start: DueRequest, request: PreparedRequest) -> RequestRecord:
        """Sends a request when its start is due, at once in a closed loop, and returns its record."""
        plan, due_ns = self.plan, None
        if plan.schedule is not None:
            due_ns = start.at_ns
            gevent.sleep(max(0.0, (due_ns - perf_counter_ns()) / 1e9))
        plan.under_way += 1
        try:
            self.under_way = plan.under_way
            return send_request(self.connection, request, self.deadlines, due_ns, keep_body=self.judge is not None)
        except gevent.GreenletExit:
            self.recorder.counts[UNFINISHED] += 1
            raise
        finally:
            plan.under_way -= 1

    def _record_result(self, record: RequestRecord, request: PreparedRequest, number: int) -> None:
        self.recorder.record_request(record, request.method, number)
        if self.judge is not None and record.outcome in JUDGED_OUTCOMES:
            self.recorder.record_judgement(record, self.under_way, self.judge.broken_checks(record, request))
        self.plan.account.settle(request, record.tokens)
        if self.plan.schedule is not None:
            self.recorder.record_value(SCHEDULE_ROW, LAG_METRIC, max(0.0, (record.sent_ns - record.due_ns) / 1e6))
        wait_s = throttling.record_and_get_wait_s(self.recorder, record, waited=self.was_told_to_wait)
        self.was_told_to_wait = record.retry_after_s is not None and wait_s is not None
        if wait_s is not None:
            gevent.sleep(wait_s * (1 + self.random.uniform(0, WAIT_SPREAD)))
        elif record.outcome is Outcome.UNREACHABLE:
            gevent.sleep(throttling.MIN_WAIT_S * self.random.uniform(0.5, 1.5))
