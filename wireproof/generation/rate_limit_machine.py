"""The machine of a limiter: a key is asked in any order of requests and waits, up to its limit and beyond."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from wireproof.contract.case import RequestSpec
from wireproof.evidence.exchange import Exchange
from wireproof.generation.request_sequence import RequestSequence

# Longer than any window of a minute: the most that is waited at once.
LONGEST_WAIT_S = 90


def make_rate_limit_machine(talk: RequestSequence, ask: RequestSpec, limit: int) -> type[RuleBasedStateMachine]:
    """The machine that asks so with a key of so many requests a minute."""

    class RateLimitMachine(RuleBasedStateMachine):
        """One account, and the moment by its clock."""

        def __init__(self) -> None:
            super().__init__()
            talk.begin()
            self.moment = 0
            self.told_to_wait = 0

        @rule(times=st.integers(1, limit + 1))
        def ask(self, times: int) -> None:
            """So many requests, one at once behind the other."""
            for _ in range(times):
                came = talk.send_step(replace(ask, clock=float(self.moment) or None))
                self.told_to_wait = retry_wait_s(came)
            talk.judge_so_far()

        @rule(seconds=st.integers(1, LONGEST_WAIT_S))
        def wait(self, seconds: int) -> None:
            """Nobody asks for a while."""
            self.moment += seconds
            self.told_to_wait = 0

        @precondition(lambda self: self.told_to_wait)
        @rule()
        def wait_as_told(self) -> None:
            """Nobody asks until the moment that a refusal names."""
            self.moment += self.told_to_wait
            self.told_to_wait = 0

    return RateLimitMachine


def retry_wait_s(exchange: Exchange | None) -> int:
    """The seconds for which a refusal asks; none where it says nothing of the kind."""
    value = "" if exchange is None else exchange.header("Retry-After") or ""
    return min(int(value), LONGEST_WAIT_S) if value.isascii() and value.isdigit() else 0
