"""What a run would send, before anything is sent: requests, the most tokens and money, and the time it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from wireproof.client.budget import Budget, CostCeiling, find_cost_ceiling
from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.client.window_waits import longest_wait_s
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.generation.send_estimate import estimate_requests
from wireproof.session.send_target import SMOKE_CASES
from wireproof.session.target_run import TargetRun


@dataclass(frozen=True, slots=True)
class SendPlan:
    """What one target would be sent.

    Attributes:
        cases: case → the ceilings of its requests, in order.
        unsent: case → why a budget leaves it out.
        verdicts: how many entries of the docket would be judged.
        waits_s: the seconds that cases wait for later moments and for minutes of their own.
    """

    target: Target
    cases: Mapping[str, tuple[CostCeiling, ...]]
    unsent: Mapping[str, str]
    verdicts: int
    waits_s: float

    @property
    def ceilings(self) -> tuple[CostCeiling, ...]:
        """The ceilings of every request."""
        return tuple(one for case in self.cases.values() for one in case)

    @property
    def request_count(self) -> int:
        """How many requests there are, where none is asked again."""
        return len(self.ceilings)

    @property
    def uncapped_cases(self) -> tuple[str, ...]:
        """The cases with an answer that nothing caps."""
        return tuple(name for name, case in self.cases.items() if any(one.output is None for one in case))

    @property
    def max_output_tokens(self) -> int:
        """The most tokens of all capped answers."""
        return sum(one.output or 0 for one in self.ceilings)

    @property
    def max_cost(self) -> float | None:
        """The most dollars; None where the cost of some request is not known."""
        costs = [one.cost for one in self.ceilings]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def expected_seconds(self) -> float | None:
        """The time that pace and waits take, side by side; None where there is neither."""
        pace = self.target.pace
        if pace is None:
            return self.waits_s or None
        return max(60 * max(0, self.request_count - 1) / pace, self.waits_s)

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "target": self.target.name,
            "profile": self.target.profile,
            "cases": len(self.cases),
            "requests": self.request_count,
            "input_tokens": sum(one.input for one in self.ceilings),
            "output_tokens": self.max_output_tokens,
            "uncapped": list(self.uncapped_cases),
            "cost": self.max_cost,
            "seconds": self.expected_seconds,
            "waits": self.waits_s,
            "verdicts": self.verdicts,
            "unsent": dict(self.unsent),
        }

    def as_text(self) -> str:
        """The plan for people."""
        data = self.as_data()
        cost = "not known (--price IN,OUT)" if self.max_cost is None else f"${self.max_cost:.4f} at most"
        lines = [
            f"{self.target.name} ({self.target.profile}): {self.request_count} requests in {len(self.cases)} cases, "
            f"{self.verdicts} verdicts",
            f"  tokens   at most {data['input_tokens']} in, {self.max_output_tokens} out",
            f"  cost     {cost}",
            f"  time     {self._time_text()}",
        ]
        lines += [f"  uncapped {name}: nothing caps its answer" for name in self.uncapped_cases]
        return "\n".join(lines + [f"  unsent   {name}: {reason}" for name, reason in self.unsent.items()])

    def _time_text(self) -> str:
        if self.expected_seconds is None:
            return "as fast as it answers"
        pace = [f"at {self.target.pace:g} requests a minute"] if self.target.pace else []
        waits = [f"of which {self.waits_s:.0f} s are waited for later moments"] if self.waits_s else []
        return f"{self.expected_seconds:.0f} s {', '.join(pace + waits)}"


def build_plan(trial: TargetRun, examples: int = 0) -> SendPlan:
    """What judging every entry of a trial would send; models nobody named are taken to be those of the document.

    Args:
        examples: how many generated requests of each family; what shrinking sends comes on top.
    """
    target = replace(trial.target, models={**trial.target.provider.models, **trial.target.models})
    budget = Budget(target)
    sent: dict[str, tuple[CostCeiling, ...]] = {}
    unsent: dict[str, str] = {}
    for case in _cases_to_send(trial):
        if skip_reason(case, target) is not None:
            continue
        try:
            outgoing = tuple(_requests_of_case(case, target))
        except CannotSend:
            continue
        lack = budget.debit(*outgoing)
        if lack is None:
            sent[case.name] = tuple(find_cost_ceiling(one, target) for one in outgoing)
        else:
            unsent[case.name] = lack
    for name, groups in estimate_requests(trial.entries, target, examples) if examples else ():
        fitting = list(takewhile(lambda outgoing: budget.debit(*outgoing) is None, groups))
        sent[name] = tuple(find_cost_ceiling(one, target) for outgoing in fitting for one in outgoing)
        if len(fitting) < len(groups):
            unsent[name] = f"the budget ends after {len(fitting)} of {len(groups)} generated requests"
    judged = sum(
        all(name in sent for _, name in entry.cases) and entry.needs <= target.means for entry in trial.entries
    )
    waits = longest_wait_s((trial.cases[name] for name in sent if name in trial.cases), target)
    return SendPlan(target, sent, unsent, judged, waits)


def _cases_to_send(trial: TargetRun) -> Iterable[Case]:
    """The cases in the order in which they leave, each once."""
    names = (name for entry in trial.entries for _, name in entry.cases)
    return [trial.cases[name] for name in dict.fromkeys((*SMOKE_CASES, *names)) if name in trial.cases]


def _requests_of_case(case: Case, target: Target) -> Iterator[OutgoingRequest]:
    """The requests of a case; what a later one takes out of an earlier answer is not known yet."""
    saved = {name: f"${name}" for ask in case.asks for name in ask.save}
    for ask in case.asks * case.repeat:
        yield build_request(ask, target, case.name, saved)
