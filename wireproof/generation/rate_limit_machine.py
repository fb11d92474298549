"""The state machine of a rate limit: requests and waits of one key in any order, up to its limit and beyond."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from wireproof.contract.case import RequestSpec
from wireproof.evidence.exchange import Exchange
from wireproof.generation.request_sequence import RequestSequence

# The longest wait of one step in seconds, which is more than a window of a minute.
LONGEST_STEP_WAIT_S = 90
# Parts of a minute, since a window that is too short is usually one of them.
MINUTE_PARTS_S = (15, 30, 45)


def make_rate_limit_machine(sequence: RequestSequence, spec: RequestSpec, limit: int) -> type[RuleBasedStateMachine]:
    """Makes the state machine for a key with this limit of requests a minute."""

    class RateLimitMachine(RuleBasedStateMachine):
        """One account, with the seconds of its clock."""

        def __init__(self) -> None:
            super().__init__()
            sequence.begin()
            self.clock_s = 0
            self.retry_after_s = 0

        @rule(times=st.integers(1, limit + 1))
        def send(self, times: int) -> None:
            """Sends several requests without a wait."""
            for _ in range(times):
                exchange = sequence.send_step(replace(spec, clock=float(self.clock_s) or None))
                self.retry_after_s = retry_wait_s(exchange)
            sequence.judge_so_far()

        @rule(seconds=st.sampled_from(MINUTE_PARTS_S) | st.integers(1, LONGEST_STEP_WAIT_S))
        def wait(self, seconds: int) -> None:
            """Moves the clock."""
            self.clock_s += seconds
            self.retry_after_s = 0

        @precondition(lambda self: self.retry_after_s)
        @rule()
        def wait_as_told(self) -> None:
            """Moves the clock by the Retry-After of the last refusal."""
            self.clock_s += self.retry_after_s
            self.retry_after_s = 0

    return RateLimitMachine


def retry_wait_s(exchange: Exchange | None) -> int:
    """The seconds of Retry-After, at most LONGEST_WAIT_S; 0 without whole seconds."""
    value = "" if exchange is None else exchange.header("Retry-After") or ""
    return min(int(value), LONGEST_STEP_WAIT_S) if value.isascii() and value.isdigit() else 0
