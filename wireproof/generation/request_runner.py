"""Runs one generated case: sends each drawn request once, judges it, and stores the failing one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from wireproof.client.sender import Sender
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.standing_rules import StandingRules
from wireproof.judging.check import Check, TimedOut, Untestable, Violation
from wireproof.judging.deadline import require_in_time
from wireproof.judging.excuses import asking_failure, require_kept_whole, require_no_rate_limit
from wireproof.judging.honest_refusal import is_honest_refusal
from wireproof.judging.judge import Judge, Ruling, ruling_on
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

NOTHING_DRAWN = Ruling("untestable", "no request was drawn")


@dataclass(frozen=True, slots=True)
class FailingRequest:
    """A request that broke the requirement, with its exchange and the violation."""

    request: GeneratedRequest
    exchange: Exchange
    violation: Violation | TimedOut


@dataclass(slots=True, repr=False)
class RequestRunner:
    """Judges the generated requests of one planned verdict.

    Attributes:
        factory: makes its requests.
        seen: the names of the distinct requests sent.
        passed: number of requests that passed.
        missing_reason: the reason why no more requests are sent; None if there may be more.
        failing: the latest request that broke the requirement; hypothesis ends with the smallest.
    """

    judge: Judge
    entry: PlannedVerdict
    check: Check
    sender: Sender
    factory: RequestFactory
    seen: set[str] = field(default_factory=set)
    passed: int = 0
    missing_reason: str | None = None
    failing: FailingRequest | None = None
    _skipped: Ruling = NOTHING_DRAWN
    _rules: StandingRules = field(init=False)

    def __post_init__(self) -> None:
        self._rules = StandingRules(self.judge)

    @property
    def judged_count(self) -> int:
        """The number of distinct requests judged."""
        return len(self.seen)

    async def judge_request(self, request: GeneratedRequest) -> None:
        """Sends a request and judges its exchange; raises Violation if the requirement is broken.

        Raises TimedOut if a deadline passed before the response ended.
        """
        attempt = DrawnAttempt(self, request)
        ruling = ruling_on(await self._raised(attempt), attempt.require_in_time)
        if isinstance(ruling.raised, Violation | TimedOut):
            assert attempt.exchange is not None
            self.failing = FailingRequest(request, attempt.exchange, ruling.raised)
            # Reports read the evidence of a case from here.
            self.sender.evidence[self.entry.case] = (attempt.exchange,)
            raise ruling.raised
        if ruling.raised is None:
            self.passed += 1
        elif ruling.outcome in ERROR_OUTCOMES:
            raise ruling.raised
        else:
            self._skipped = ruling

    async def send_request(self, request: GeneratedRequest) -> tuple[Exchange, ...]:
        """The exchanges of a request and of the valid one after it; the same request is sent only once.

        Raises Untestable if it cannot be sent.
        """
        case = request.as_case(self.entry.case, *self.factory.following_requests(self.entry.case))
        if self.missing_reason is not None and case.name not in self.sender.evidence:
            raise Untestable(self.missing_reason)
        sent = await self.sender.send(case)
        if isinstance(sent, NotSent):
            self.missing_reason = sent.reason
            raise Untestable(sent.reason)
        self.seen.add(case.name)
        return sent

    def hold_to_rules(self, request: GeneratedRequest, exchange: Exchange) -> None:
        """Applies every rule about exchanges of this kind; raises Violation if one is broken."""
        self._rules.check_exchange(request.as_case(self.entry.case), exchange)

    def verdict(self) -> Verdict:
        """The verdict about the requests so far."""
        verdict = partial(self.judge.build_verdict, self.entry, self.check)
        if self.failing is not None:
            violation, place = self.failing.violation, self.failing.request.place
            message = f"{violation}; the smallest of {self.judged_count}: {place}"
            if isinstance(violation, TimedOut):
                return verdict("timed-out", message)
            findings = tuple(replace(finding, where=f"{finding.where}; {place}") for finding in violation.findings)
            return verdict("fail", message, findings)
        if self.passed:
            return verdict("pass", "")
        return verdict(self._skipped.outcome, self._skipped.message)

    async def _raised(self, attempt: DrawnAttempt) -> Exception | None:
        """The exception that the check raises, None for none; checks of generated requests are coroutines."""
        available = {"attempt": attempt, "provider": self.judge.target.provider, "target": self.judge.target}
        try:
            await self.check.function(**{name: available[name] for name in self.check.arguments})
        except Exception as error:
            return error
        return None


@dataclass(slots=True, repr=False)
class DrawnAttempt:
    """One generated request, as a check sees it."""

    _runner: RequestRunner
    _request: GeneratedRequest
    exchange: Exchange | None = None
    _next: Exchange | None = None

    @property
    def expected_refusal(self) -> str | None:
        """The cause for which the request must be refused; None if any refusal will do."""
        return self._request.refused

    @property
    def following_exchange(self) -> Exchange | None:
        """The exchange of the valid request after it; None if none was sent."""
        return self._next

    async def send(self) -> Exchange:
        """Sends the request and returns its exchange; raises Untestable or Inconclusive if it cannot be judged."""
        first, *following = await self._runner.send_request(self._request)
        self._next = following[0] if following else None
        return self._checked_exchange(first)

    def hold_to_rules(self) -> None:
        """Applies every rule about exchanges of this kind; raises Violation if one is broken."""
        assert self.exchange is not None
        self._runner.hold_to_rules(self._request, self.exchange)

    def is_honest_refusal_of_option(self) -> bool:
        """True if the request was refused honestly for an option that the contract does not promise."""
        assert self.exchange is not None
        provider = self._runner.judge.target.provider
        options = self._request.features & provider.optional
        return bool(options) and is_honest_refusal(self.exchange, options, provider)

    def require_in_time(self, violation: Violation) -> None:
        """Raises TimedOut if a deadline passed before a response ended, since the violation is then no breach."""
        require_in_time(*(exchange for exchange in (self.exchange, self._next) if exchange is not None))

    def _checked_exchange(self, exchange: Exchange) -> Exchange:
        exchange = replace(exchange, case=self._runner.entry.case)
        failure = asking_failure(exchange)
        if failure:
            raise Untestable(failure)
        self.exchange = exchange
        require_in_time(exchange)
        require_kept_whole(exchange)
        require_no_rate_limit(exchange, self.expected_refusal)
        return exchange
