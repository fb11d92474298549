"""Runs one stateful case: a hypothesis state machine sends sequences of requests, which are judged.

The rules of a state machine are synchronous. They run in a thread, and the event loop of the target's sender sends
each request, so that budget, pacing and ledger are the same as for every other request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from wireproof.client.sender import Sender
from wireproof.contract.case import Case
from wireproof.contract.target import not_given
from wireproof.evidence.exchange import Exchange
from wireproof.generation.hypothesis_settings import GenerationSettings
from wireproof.generation.request_sequence import Exchanges, RequestSequence
from wireproof.generation.standing_rules import StandingRules
from wireproof.generation.state_machines import SEQUENCE_KINDS
from wireproof.judging.check import Check, TimedOut, Violation
from wireproof.judging.deadline import require_in_time
from wireproof.judging.excuses import require_kept_whole, require_no_rate_limit, require_not_declined
from wireproof.judging.judge import PASS, Judge, Ruling, judge_exchanges
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

# The failure message lists the last requests of a sequence, at most this many.
MAX_REQUESTS_LISTED = 8
NOTHING_SENT = Ruling("untestable", "no request was sent")


@dataclass(slots=True)
class SequenceRunner:
    """Judges the request sequences of one planned verdict.

    Attributes:
        violation: the violation of the last failed sequence, None for none; hypothesis ends with the smallest.
    """

    judge: Judge
    entry: PlannedVerdict
    check: Check
    sender: Sender
    sequence: RequestSequence = field(init=False)
    violation: Violation | TimedOut | None = None
    _passed: bool = False
    _skipped: Ruling = NOTHING_SENT
    _rules: StandingRules = field(init=False)

    def __post_init__(self) -> None:
        kind = SEQUENCE_KINDS[self.entry.case]
        self._rules = StandingRules(self.judge)
        self.sequence = RequestSequence(self.entry.case, kind.says, self.sender, self._judge, kind.refused)

    async def run(self, generation: GenerationSettings, name: str) -> None:
        """Runs the state machine; raises Violation if a sequence breaks the requirement.

        Args:
            name: the name under which failing sequences are stored.
        """
        target, kind = self.judge.target, SEQUENCE_KINDS[self.entry.case]
        lacking = kind.means(target) - target.means
        if lacking:
            self._skipped = Ruling("untestable", not_given(lacking))
            return
        loop = asyncio.get_running_loop()
        self.sequence.run_coroutine = lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        machine: type[RuleBasedStateMachine] = generation.with_start(kind.make(self.sequence, target))
        with_steps = settings(generation.case_settings(name), stateful_step_count=kind.steps)
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=with_steps)

    def _judge(self, case: Case, exchanges: Exchanges) -> None:
        last, target = exchanges[-1], self.judge.target
        arguments = {"exchanges": exchanges, "exchange": last, "case": case}
        arguments |= {"provider": target.provider, "target": target}
        ruling = judge_exchanges(self._check_requirement, arguments)
        if isinstance(ruling.raised, Violation | TimedOut):
            self.violation = ruling.raised
            self.sender.evidence[self.entry.case] = exchanges
            raise ruling.raised
        if ruling.raised is None:
            self._passed = True
        elif ruling.outcome in ERROR_OUTCOMES:
            raise ruling.raised
        else:
            self._skipped = ruling

    def _check_requirement(self, arguments: Mapping[str, Any]) -> None:
        """Applies the requirement to a sequence, and every rule about exchanges of this kind to its last exchange."""
        case, last = arguments["case"], arguments["exchange"]
        require_in_time(last)
        require_kept_whole(last)
        require_no_rate_limit(last, case.refused)
        provider = self.judge.target.provider
        if "tools" in provider.optional and _first_with_tools(arguments["exchanges"]):
            require_not_declined(last, ("tools",), provider)
        self.check(arguments)
        if case.refused is None:
            self._rules.check_exchange(case, last)

    def verdict(self) -> Verdict:
        """The verdict about the sequences so far."""
        sequence = self.sequence
        if self.violation is None:
            skipped = Ruling("untestable", sequence.missing_reason) if sequence.missing_reason else self._skipped
            ruling = PASS if self._passed else skipped
            return self.judge.build_verdict(self.entry, self.check, ruling.outcome, ruling.message)
        listed = " then ".join(map(request_line, sequence.failing[-MAX_REQUESTS_LISTED:]))
        before = len(sequence.failing) - MAX_REQUESTS_LISTED
        more = f"{before} requests before, then " if before > 0 else ""
        smallest = f"the smallest of {sequence.begun_count} sequences, with {sequence.sent_count} requests in all"
        message = f"{self.violation}; {smallest}: {more}{listed}"
        if isinstance(self.violation, TimedOut):
            return self.judge.build_verdict(self.entry, self.check, "timed-out", message)
        return self.judge.build_verdict(self.entry, self.check, "fail", message, self.violation.findings)


def request_line(exchange: Exchange) -> str:
    """The method and the status of an exchange, in words."""
    return f"{exchange.request.method} {exchange.status or 'without a response'}"


def _first_with_tools(exchanges: Exchanges) -> bool:
    """True if the last request is the first of its sequence that offers tools."""
    *before, last = (b'"tools"' in exchange.request.body for exchange in exchanges)
    return last and not any(before)
