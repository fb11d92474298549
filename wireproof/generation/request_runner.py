"""One generated case under way: each request drawn is sent once and judged, and the failing ones are remembered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from wireproof.client.sender import Sender
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.standing_rules import StandingRules
from wireproof.judging.check import Check, Untestable, Violation
from wireproof.judging.excuses import asking_failure, require_kept_whole, require_no_rate_limit
from wireproof.judging.honest_refusal import is_honest_refusal
from wireproof.judging.judge import Judge, Ruling, ruling_on
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

NOTHING_DRAWN = Ruling("untestable", "no request was drawn")


@dataclass(frozen=True, slots=True)
class FailingRequest:
    """A request that broke the requirement, what came of it, and how."""

    probe: GeneratedRequest
    exchange: Exchange
    violation: Violation


@dataclass(slots=True, repr=False)
class RequestRunner:
    """One entry of a docket whose requests are generated.

    Attributes:
        draft: what its requests are made from.
        asked: how many requests that differ were judged.
        lack: why no more requests are sent; None where there may be more.
        failing: the latest request that broke the requirement; hypothesis ends with the smallest.
    """

    judge: Judge
    entry: PlannedVerdict
    check: Check
    courier: Sender
    draft: RequestFactory
    seen: set[str] = field(default_factory=set)
    passed: int = 0
    lack: str | None = None
    failing: FailingRequest | None = None
    _skipped: Ruling = NOTHING_DRAWN
    _riding: StandingRules = field(init=False)

    def __post_init__(self) -> None:
        self._riding = StandingRules(self.judge)

    @property
    def judged_count(self) -> int:
        """How many requests that differ were judged."""
        return len(self.seen)

    async def judge_request(self, probe: GeneratedRequest) -> None:
        """Send a probe and judge what comes; raises Violation where the requirement is broken."""
        attempt = DrawnAttempt(self, probe)
        ruling = ruling_on(await self._raised(attempt))
        if isinstance(ruling.raised, Violation):
            assert attempt.exchange is not None
            self.failing = FailingRequest(probe, attempt.exchange, ruling.raised)
            # Where reports look for the evidence of a case.
            self.courier.evidence[self.entry.case] = (attempt.exchange,)
            raise ruling.raised
        if ruling.raised is None:
            self.passed += 1
        elif ruling.outcome in ERROR_OUTCOMES:
            raise ruling.raised
        else:
            self._skipped = ruling

    async def send_request(self, probe: GeneratedRequest) -> tuple[Exchange, ...]:
        """What comes of a probe and the request behind it; the same is never sent twice.

        Raises Untestable where it cannot be sent.
        """
        case = probe.as_case(self.entry.case, *self.draft.following_requests(self.entry.case))
        if self.lack is not None and case.name not in self.courier.evidence:
            raise Untestable(self.lack)
        sent = await self.courier.send(case)
        if isinstance(sent, NotSent):
            self.lack = sent.reason
            raise Untestable(sent.reason)
        self.seen.add(case.name)
        return sent

    def hold_to_rules(self, probe: GeneratedRequest, exchange: Exchange) -> None:
        """Hold an exchange against every rule that rides on exchanges of its kind; raises Violation."""
        self._riding.check_exchange(probe.as_case(self.entry.case), exchange)

    def verdict(self) -> Verdict:
        """What the requests so far come to."""
        verdict = partial(self.judge.build_verdict, self.entry, self.check)
        if self.failing is not None:
            violation, place = self.failing.violation, self.failing.probe.place
            found = tuple(replace(one, where=f"{one.where}; {place}") for one in violation.findings)
            return verdict("fail", f"{violation}; the smallest of {self.judged_count}: {place}", found)
        if self.passed:
            return verdict("pass", "")
        return verdict(self._skipped.outcome, self._skipped.message)

    async def _raised(self, attempt: DrawnAttempt) -> Exception | None:
        """The exception that the check raises; a check of requests that are generated is a coroutine."""
        known = {"attempt": attempt, "provider": self.judge.target.provider, "target": self.judge.target}
        try:
            await self.check.function(**{name: known[name] for name in self.check.arguments})
        except Exception as error:
            return error
        return None


@dataclass(slots=True, repr=False)
class DrawnAttempt:
    """One probe as a check sees it."""

    _exploration: RequestRunner
    _probe: GeneratedRequest
    exchange: Exchange | None = None
    _next: Exchange | None = None

    @property
    def expected_refusal(self) -> str | None:
        """The cause for which the request must be refused."""
        return self._probe.refused

    @property
    def following_exchange(self) -> Exchange | None:
        """What came of the request behind it; None where the first never ended."""
        return self._next

    async def send(self) -> Exchange:
        """What comes of the request."""
        first, *behind = await self._exploration.send_request(self._probe)
        self._next = behind[0] if behind else None
        return self._checked_exchange(first)

    def hold_to_rules(self) -> None:
        """Every rule that rides on an exchange of this kind holds."""
        assert self.exchange is not None
        self._exploration.hold_to_rules(self._probe, self.exchange)

    def is_honest_refusal_of_option(self) -> bool:
        """The request was refused honestly for an option that the contract does not promise."""
        assert self.exchange is not None
        optional = self._exploration.judge.target.provider.optional
        return bool(self._probe.features & optional) and is_honest_refusal(self.exchange)

    def _checked_exchange(self, exchange: Exchange) -> Exchange:
        exchange = replace(exchange, case=self._exploration.entry.case)
        failure = asking_failure(exchange)
        if failure:
            raise Untestable(failure)
        require_kept_whole(exchange)
        require_no_rate_limit(exchange, self.expected_refusal)
        self.exchange = exchange
        return exchange
