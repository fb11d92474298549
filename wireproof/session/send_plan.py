"""Computes what a run would send, without sending it: requests, upper bounds of tokens and cost, and time.

The upper bounds include repeats, which the ceiling of the profile limits. Retries after a refusal by a rate limit come
on top: a refused request costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import takewhile
from typing import Any

from wireproof.client.budget import Budget, CostCeiling, find_cost_ceiling
from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.client.window_waits import longest_wait_s
from wireproof.contract.case import PROFILE_CEILINGS, Case, is_generated
from wireproof.contract.extras import GENERATE, check_extra
from wireproof.contract.target import Target
from wireproof.evidence.case_result import NotSent
from wireproof.judging.decided_promises import (
    ClauseOutcome,
    DocumentPromises,
    causes_without_verdict,
    document_promises,
)
from wireproof.judging.shown_abilities import ABILITY_ROLES
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.report.promises_text import promises_lines
from wireproof.session.send_target import MAX_RESPONSES, SMOKE_CASES
from wireproof.session.target_run import TargetRun, first_reason


@dataclass(frozen=True, slots=True)
class SendPlan:
    """The requests that one target would be sent.

    Attributes:
        cases: case → the cost ceilings of its requests, in order.
        unsent: case → the reason why the budget leaves it out.
        verdicts: the number of planned verdicts that would be judged.
        promises: the promises of the target's own document, and of the wire, as an answer to each request decides them.
        waits_s: the seconds for which cases wait for new rate-limit windows.
    """

    target: Target
    cases: Mapping[str, tuple[CostCeiling, ...]]
    unsent: Mapping[str, str]
    verdicts: int
    waits_s: float
    promises: tuple[DocumentPromises, ...] = ()

    @property
    def ceilings(self) -> tuple[CostCeiling, ...]:
        """The cost ceilings of all requests."""
        return tuple(one for case in self.cases.values() for one in case)

    @property
    def request_count(self) -> int:
        """The number of requests without retries and repeats."""
        return len(self.ceilings)

    @property
    def max_repeats(self) -> int:
        """The most requests that are sent once more because an answer decided nothing or was cut off."""
        repeatable = len(self._repeatable) * (MAX_RESPONSES - 1)
        of_cases = sum(len(one) for name, one in self.cases.items() if not is_generated(name))
        ceiling = PROFILE_CEILINGS.get(self.target.profile, of_cases + repeatable)
        if self.target.max_requests is not None:
            repeatable = min(repeatable, self.target.max_requests - self.request_count)
        return max(0, min(repeatable, ceiling - of_cases))

    @property
    def _repeatable(self) -> tuple[CostCeiling, ...]:
        """The cost ceilings of the requests for a model, whose answer may decide nothing."""
        asked = (one for name, case in self.cases.items() if not is_generated(name) for one in case)
        return tuple(one for one in asked if one.input)

    def _upper_bound(self, size: Callable[[CostCeiling], float]) -> float:
        """The upper bound of a sum over all requests and repeats, which are at worst those of the largest requests."""
        repeats = nlargest(self.max_repeats, map(size, self._repeatable * (MAX_RESPONSES - 1)))
        return sum(map(size, self.ceilings)) + sum(repeats)

    @property
    def uncapped_cases(self) -> tuple[str, ...]:
        """The cases with a request that does not limit its output tokens."""
        return tuple(name for name, case in self.cases.items() if any(one.output is None for one in case))

    @property
    def max_output_tokens(self) -> int:
        """The upper bound of the output tokens of all capped requests, repeats included."""
        return int(self._upper_bound(lambda one: one.output or 0))

    @property
    def max_input_tokens(self) -> int:
        """The upper bound of the input tokens of all requests, repeats included."""
        return int(self._upper_bound(lambda one: one.input))

    @property
    def max_cost(self) -> float | None:
        """The upper bound of the cost in dollars, repeats included; None if the cost of a request is unknown."""
        if any(one.cost is None for one in self.ceilings):
            return None
        return self._upper_bound(lambda one: one.cost or 0)

    @property
    def expected_seconds(self) -> float | None:
        """The seconds without repeats that pace and waits take, which overlap; None without both."""
        pace = self.target.pace
        if pace is None:
            return self.waits_s or None
        return max(60 * max(0, self.request_count - 1) / pace, self.waits_s)

    def as_data(self) -> dict[str, Any]:
        """The plan as JSON data."""
        return {
            "target": self.target.name,
            "profile": self.target.profile,
            "cases": len(self.cases),
            "requests": self.request_count,
            "repeats": self.max_repeats,
            "input_tokens": self.max_input_tokens,
            "output_tokens": self.max_output_tokens,
            "uncapped": list(self.uncapped_cases),
            "cost": self.max_cost,
            "seconds": self.expected_seconds,
            "waits": self.waits_s,
            "verdicts": self.verdicts,
            "unsent": dict(self.unsent),
            "promises": [one.as_data() for one in self.promises],
        }

    def as_text(self) -> str:
        """The plan as text."""
        data = self.as_data()
        cost = "unknown (give --price IN,OUT)" if self.max_cost is None else f"${self.max_cost:.4f} at most"
        lines = [
            f"{self.target.name} ({self.target.profile}): {self.request_count} requests in {len(self.cases)} cases, "
            f"{self.verdicts} verdicts",
            f"  requests at most {self.request_count + self.max_repeats}, with repeats of answers that decide nothing",
            f"  tokens   at most {data['input_tokens']} in, {self.max_output_tokens} out",
            f"  cost     {cost}",
            f"  time     {self._time_text()}",
        ]
        lines += [line for one in self.promises for line in promises_lines(one, "would be decided", prefix="  ")]
        lines += [f"  uncapped {name}: nothing caps its output tokens" for name in self.uncapped_cases]
        return "\n".join(lines + [f"  unsent   {name}: {reason}" for name, reason in self.unsent.items()])

    def _time_text(self) -> str:
        if self.expected_seconds is None:
            return "as fast as the target responds"
        pace = [f"at {self.target.pace:g} requests a minute"] if self.target.pace else []
        waits = [f"of which {self.waits_s:.0f} s are waits for rate-limit windows"] if self.waits_s else []
        return f"{self.expected_seconds:.0f} s {', '.join(pace + waits)}"


def build_plan(target_run: TargetRun, examples: int = 0) -> SendPlan:
    """The plan of a target run with all its planned verdicts; missing models are those of the provider's document.

    The chat model plays the roles for which even the document names none, as if its answers showed that it can.

    Args:
        examples: the number of generated requests of each family; shrinking sends more.
    """
    target = replace(target_run.target, models={**target_run.target.provider.models, **target_run.target.models})
    target = target.with_chat_model_in(ABILITY_ROLES)
    budget = Budget(target)
    sent: dict[str, tuple[CostCeiling, ...]] = {}
    unsent: dict[str, str] = {}
    reasons: dict[str, NotSent] = {}
    for case in _cases_to_send(target_run):
        skipped = skip_reason(case, target)
        if skipped is not None:
            reasons[case.name] = skipped
            continue
        try:
            outgoing = tuple(_requests_of_case(case, target))
        except CannotSend as missing:
            reasons[case.name] = NotSent("untestable", str(missing))
            continue
        reason = budget.debit(*outgoing)
        if reason is None:
            sent[case.name] = tuple(find_cost_ceiling(one, target) for one in outgoing)
        else:
            unsent[case.name] = reason
            reasons[case.name] = NotSent("untestable", reason)
    for name, groups in _generated_requests(target_run, target, examples) if examples else ():
        fitting = list(takewhile(lambda outgoing: budget.debit(*outgoing) is None, groups))
        sent[name] = tuple(find_cost_ceiling(one, target) for outgoing in fitting for one in outgoing)
        if len(fitting) < len(groups):
            unsent[name] = f"the budget ends after {len(fitting)} of {len(groups)} generated requests"
    judged = sum(
        all(name in sent for _, name in planned.cases) and planned.needs <= target.means
        for planned in target_run.entries
    )
    waits = longest_wait_s((target_run.cases[name] for name in sent if name in target_run.cases), target)
    left_out = replace(target_run, target=target).left_out_outcomes()
    promises = tuple(
        _expected_promises(target_run, contract, target, sent, reasons, outcomes)
        for contract, outcomes in left_out.items()
    )
    return SendPlan(target, sent, unsent, judged, waits, promises)


def _generated_requests(
    target_run: TargetRun, target: Target, examples: int
) -> Iterable[tuple[str, list[tuple[OutgoingRequest, ...]]]]:
    check_extra(GENERATE, "--examples")
    # Imported late, because the extra may be missing.
    from wireproof.generation.send_estimate import estimate_requests

    return estimate_requests(target_run.entries, target, examples)


def _expected_promises(
    target_run: TargetRun,
    contract: str,
    target: Target,
    sent: Collection[str],
    reasons: Mapping[str, NotSent],
    left_out: Iterable[ClauseOutcome],
) -> DocumentPromises:
    """The promises of one column if each request that is sent gets an answer that decides."""
    outcomes = [
        ClauseOutcome(clause.id, judgement.level, expected.outcome, expected.reason)
        for planned in target_run.entries
        if planned.provider == contract and (expected := _expected_outcome(planned, target, sent, reasons)) is not None
        for clause, judgement in planned.clauses
    ]
    outcomes += left_out
    clauses = next(column.clauses for column in target_run.columns if column.name == contract)
    absent = causes_without_verdict(clauses, target_run.cases, target.profile)
    return document_promises(target.name, contract, outcomes, clauses, absent)


def _expected_outcome(
    planned: PlannedVerdict, target: Target, sent: Collection[str], reasons: Mapping[str, NotSent]
) -> NotSent | None:
    """The outcome that a plan expects of a verdict, with its reason; None for a generated case that is not drawn."""
    if (reason := first_reason(planned, target, reasons.get)) is not None:
        return reason
    return NotSent("pass", "") if all(name in sent for _, name in planned.cases) else None


def _cases_to_send(target_run: TargetRun) -> Iterable[Case]:
    """The cases in the order in which they are sent, each once."""
    names = (name for planned in target_run.entries for _, name in planned.cases)
    return [target_run.cases[name] for name in dict.fromkeys((*SMOKE_CASES, *names)) if name in target_run.cases]


def _requests_of_case(case: Case, target: Target) -> Iterator[OutgoingRequest]:
    """The requests of a case; values of earlier responses are placeholders such as `$id`."""
    saved = {name: f"${name}" for ask in case.asks for name in ask.save}
    for ask in case.asks * case.repeat:
        yield build_request(ask, target, case.name, saved)
