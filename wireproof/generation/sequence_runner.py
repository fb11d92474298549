"""One stateful entry of a docket under way: a machine of hypothesis talks with the target, and its talks are judged.

The rules of a machine cannot wait for an event loop. They run in a thread, and each request is sent by the loop that
holds the target's courier, so that budget, pace and ledger are those of every other request.
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
from wireproof.judging.check import Check, Violation
from wireproof.judging.excuses import require_kept_whole, require_no_rate_limit, require_not_declined
from wireproof.judging.judge import PASS, Judge, Ruling, judge_exchanges
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

# Of a long talk the end is told.
MAX_REQUESTS_TOLD = 8
NOTHING_SAID = Ruling("untestable", "nothing was said")


@dataclass(slots=True)
class SequenceRunner:
    """The talks of one entry, and what they have come to.

    Attributes:
        violation: how the last talk that broke the requirement did so; hypothesis ends with the smallest.
    """

    judge: Judge
    entry: PlannedVerdict
    check: Check
    courier: Sender
    talk: RequestSequence = field(init=False)
    violation: Violation | None = None
    _passed: bool = False
    _skipped: Ruling = NOTHING_SAID
    _riding: StandingRules = field(init=False)

    def __post_init__(self) -> None:
        machine = SEQUENCE_KINDS[self.entry.case]
        self._riding = StandingRules(self.judge)
        self.talk = RequestSequence(self.entry.case, machine.says, self.courier, self._judge, machine.refused)

    async def run(self, effort: GenerationSettings, name: str) -> None:
        """Runs the machine; raises Violation if a sequence breaks the requirement.

        Args:
            name: the name under which failing sequences are kept.
        """
        target, kind = self.judge.target, SEQUENCE_KINDS[self.entry.case]
        lacking = kind.means(target) - target.means
        if lacking:
            self._skipped = Ruling("untestable", not_given(lacking))
            return
        loop = asyncio.get_running_loop()
        self.talk.do = lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
        machine: type[RuleBasedStateMachine] = effort.with_start(kind.make(self.talk, target))
        steps = settings(effort.case_settings(name), stateful_step_count=kind.steps)
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=steps)

    def _judge(self, case: Case, exchanges: Exchanges) -> None:
        last, target = exchanges[-1], self.judge.target
        given = {"exchanges": exchanges, "exchange": last, "provider": target.provider, "case": case, "target": target}
        ruling = judge_exchanges(self._check_requirement, given)
        if isinstance(ruling.raised, Violation):
            self.violation = ruling.raised
            self.courier.evidence[self.entry.case] = exchanges
            raise ruling.raised
        if ruling.raised is None:
            self._passed = True
        elif ruling.outcome in ERROR_OUTCOMES:
            raise ruling.raised
        else:
            self._skipped = ruling

    def _check_requirement(self, given: Mapping[str, Any]) -> None:
        """Raise what breaks or excuses a talk: the requirement, and every rule that rides on its last answer."""
        case, last = given["case"], given["exchange"]
        require_kept_whole(last)
        require_no_rate_limit(last, case.refused)
        if "tools" in self.judge.target.provider.optional and _first_with_tools(given["exchanges"]):
            require_not_declined(last, "tools")
        self.check(given)
        if case.refused is None:
            self._riding.check_exchange(case, last)

    def verdict(self) -> Verdict:
        """What the talks come to."""
        if self.violation is None:
            unsaid = Ruling("untestable", self.talk.lack) if self.talk.lack else self._skipped
            ruling = PASS if self._passed else unsaid
            return self.judge.build_verdict(self.entry, self.check, ruling.outcome, ruling.message)
        said = " then ".join(map(request_line, self.talk.failing[-MAX_REQUESTS_TOLD:]))
        before = len(self.talk.failing) - MAX_REQUESTS_TOLD
        more = f"{before} requests before, then " if before > 0 else ""
        told = f"the smallest of {self.talk.begun} talks in {self.talk.asked} requests: {more}{said}"
        message = f"{self.violation}; {told}"
        return self.judge.build_verdict(self.entry, self.check, "fail", message, self.violation.findings)


def request_line(exchange: Exchange) -> str:
    return f"{exchange.request.method} {exchange.status or 'without an answer'}"


def _first_with_tools(exchanges: Exchanges) -> bool:
    """The last request is the first of its talk that offers tools."""
    *before, last = (b'"tools"' in exchange.request.body for exchange in exchanges)
    return last and not any(before)
