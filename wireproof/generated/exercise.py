"""One stateful entry of a docket under way: a machine of hypothesis talks with the target, and its talks are judged.

The rules of a machine cannot wait for an event loop. They run in a thread, and each request is sent by the loop that
holds the target's courier, so that budget, pace and ledger are those of every other request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from wireproof.case import Case
from wireproof.check import Check, Inconclusive, NotOffered, Untestable, Violation
from wireproof.courier import Courier
from wireproof.docket import Entry
from wireproof.exchange import Exchange
from wireproof.generated.machines import MACHINES
from wireproof.generated.riding import Riding
from wireproof.generated.talk import Exchanges, Talk
from wireproof.refusal import refused_honestly
from wireproof.trial import Trial
from wireproof.verdict import Verdict

# Of a long talk the end is told.
MOST_SHOWN = 8
SKIPS: tuple[tuple[type[Exception], str], ...] = (
    (Inconclusive, "inconclusive"),
    (NotOffered, "not-offered"),
    (Untestable, "untestable"),
)


@dataclass(slots=True)
class Exercise:
    """The talks of one entry, and what they have come to.

    Attributes:
        violation: how the last talk that broke the requirement did so; hypothesis ends with the smallest.
    """

    trial: Trial
    entry: Entry
    check: Check
    courier: Courier
    talk: Talk = field(init=False)
    violation: Violation | None = None
    _passed: bool = False
    _skipped: tuple[str, str] = ("untestable", "nothing was said")
    _riding: Riding = field(init=False)

    def __post_init__(self) -> None:
        machine = MACHINES[self.entry.case]
        self._riding = Riding(self.trial.bench(self.entry.provider))
        self.talk = Talk(self.entry.case, machine.says, self.courier, self._judge, machine.refused)

    async def run(self, how: settings, begun: Callable[[Any], Any] = lambda machine: machine) -> None:
        """Let the machine talk; raises Violation where a talk breaks the requirement.

        Args:
            begun: tells a machine where to begin.
        """
        target, kind = self.trial.target, MACHINES[self.entry.case]
        lacking = kind.means(target) - target.means
        if lacking:
            self._skipped = "untestable", f"needs {', '.join(sorted(lacking))}, which this run was not given"
            return
        loop = asyncio.get_running_loop()
        self.talk.do = lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
        machine: type[RuleBasedStateMachine] = begun(kind.make(self.talk, target))
        steps = settings(how, stateful_step_count=kind.steps)
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=steps)

    def _judge(self, case: Case, exchanges: Exchanges) -> None:
        try:
            self._hold(case, exchanges)
            self._passed = True
        except Violation as violation:
            self.violation = violation
            self.courier.evidence[self.entry.case] = exchanges
            raise
        except tuple(kind for kind, _ in SKIPS) as reason:
            self._skipped = next(name for kind, name in SKIPS if isinstance(reason, kind)), str(reason)

    def _hold(self, case: Case, exchanges: Exchanges) -> None:
        """The requirement holds for a talk, and every rule that rides on its last answer."""
        last, target = exchanges[-1], self.trial.target
        if last.truncated:
            raise Inconclusive("the body is longer than what is kept of it")
        if last.status == 429 and case.refused is None:
            raise Inconclusive("the target answered 429, too many requests")
        if refused_honestly(last) and _first_with_tools(exchanges) and "tools" in target.provider.optional:
            raise NotOffered(f"tools are optional and were refused with {last.status}")
        given = {"exchanges": exchanges, "exchange": last, "provider": target.provider, "case": case, "target": target}
        self.check(given)
        if case.refused is None:
            self._riding.hold(case, last)

    def verdict(self) -> Verdict:
        """What the talks come to."""
        bench = self.trial.bench(self.entry.provider)
        if self.violation is None:
            unsaid = ("untestable", self.talk.lack) if self.talk.lack else self._skipped
            return bench.verdict(self.entry, self.check, *(("pass", "") if self._passed else unsaid))
        said = " then ".join(map(_told, self.talk.failing[-MOST_SHOWN:]))
        before = len(self.talk.failing) - MOST_SHOWN
        more = f"{before} requests before, then " if before > 0 else ""
        told = f"the smallest of {self.talk.begun} talks in {self.talk.asked} requests: {more}{said}"
        message = f"{self.violation}; {told}"
        return bench.verdict(self.entry, self.check, "fail", message, self.violation.findings)


def _told(exchange: Exchange) -> str:
    return f"{exchange.request.method} {exchange.status or 'without an answer'}"


def _first_with_tools(exchanges: Exchanges) -> bool:
    """The last request is the first of its talk that offers tools."""
    *before, last = (b'"tools"' in exchange.request.body for exchange in exchanges)
    return last and not any(before)
