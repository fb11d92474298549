"""The judge of one column: makes a verdict from the evidence for each planned verdict, in any order.

It uses neither network nor clock, so the same evidence always gives the same verdicts.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from wireproof.contract.case import Case
from wireproof.contract.clause import WIRE, highest_level
from wireproof.contract.finding import display_text
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target, not_given
from wireproof.evidence.access_tracking import READS_PART, track_truncated
from wireproof.evidence.case_result import Evidence, NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson
from wireproof.judging.case_answers import named_answers
from wireproof.judging.check import Check, Contract, Finding, Inconclusive, Undecided, Untestable, Violation
from wireproof.judging.clause_attribution import clause_verdicts, sort_by_level
from wireproof.judging.deadline import require_in_time
from wireproof.judging.excuses import CUT_SHORT, asking_failure, require_no_rate_limit, require_not_declined
from wireproof.judging.outcomes import DECIDED_OUTCOMES, ERROR_OUTCOMES, RED_OUTCOMES, outcome_of
from wireproof.judging.request_members import ExchangesByArgument, ignored_members, request_bodies, requires_call
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

T = TypeVar("T")
# The text of a chat and of a response.
TEXT_PLACES = ("/choices/*/message/content", "/output/*/content/*/text")
# The calls of a chat, and the name of a called function in a response.
CALL_PLACES = ("/choices/*/message/tool_calls", "/output/*/name")
# The check that judges a refusal of a proper request, which the document decides and the wire does not.
ANSWERED = "wire.answered"
# The checks that judge a call that was required and is missing. The wire judges the form of calls that were made.
CALLED = ("tools.called", "tools.named")
# The check that judges a missing call of any tool, by endpoint.
CALLED_AT = {"chat": "tools.called", "responses": "responses.called"}
Checking = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Ruling:
    """The outcome of a check with its reason, before it is attributed to clauses.

    Attributes:
        raised: the exception that the check raised; None if it raised none.
    """

    outcome: str
    message: str = ""
    findings: tuple[Finding, ...] = ()
    raised: Exception | None = None


PASS = Ruling("pass")


def judge_exchanges(
    check: Checking, arguments: Mapping[str, Any], excuse: Callable[[Violation], None] | None = None
) -> Ruling:
    """Runs a check and returns its ruling.

    Args:
        excuse: raises the reason why a violation does not count; returns if there is none.
    """
    try:
        check(arguments)
    except Exception as raised:
        return ruling_on(raised, excuse)
    return PASS


def ruling_on(raised: Exception | None, excuse: Callable[[Violation], None] | None = None) -> Ruling:
    """The ruling for the exception that a check raised; a pass for None."""
    if raised is None:
        return PASS
    if excuse is not None and isinstance(raised, Violation):
        raised = _exception_from(excuse, raised) or raised
    outcome = outcome_of(raised)
    if outcome in ERROR_OUTCOMES:
        # Names the line, since this is our own mistake and not the target's.
        place = traceback.extract_tb(raised.__traceback__)[-1]
        return Ruling(outcome, f"{type(raised).__name__}: {raised} ({place.name}, line {place.lineno})", (), raised)
    findings = raised.findings if isinstance(raised, Violation) else ()
    return Ruling(outcome, str(raised), findings, raised)


@dataclass(frozen=True, slots=True)
class Judge:
    """The judge of one target by one contract.

    Attributes:
        provider: the contract judged by.
        contract: the schemas of its document.
        checks: every check by id.
        cases: every case by name.
        planned: (check, case) → the planned verdict that reports a failure of the check beside this column's.
        results: (check, case) → the exchanges of a check that has run already, and the exception it raised.
    """

    target: Target
    # A traceback with local variables would otherwise print megabytes.
    provider: Provider = field(repr=False)
    contract: Contract = field(repr=False)
    checks: Mapping[str, Check] = field(repr=False)
    cases: Mapping[str, Case] = field(repr=False)
    planned: Mapping[tuple[str, str], PlannedVerdict] = field(repr=False, default_factory=dict)
    results: dict[tuple[str, str], tuple[tuple[Exchange, ...], Exception | None]] = field(default_factory=dict)

    def judge(self, entry: PlannedVerdict, evidence: Evidence, smoke: str | None = None) -> Verdict:
        """Makes the verdict of one entry.

        Args:
            smoke: the reason why nothing can be judged, since the smoke cases failed; None if they passed.
        """
        check = self.checks[entry.check]
        named = {argument: evidence.get(case) for argument, case in entry.cases}
        reason = self._reason_not_judged(entry, check, named, smoke)
        if reason is not None:
            return self.build_verdict(entry, check, reason.outcome, reason.reason)
        exchanges = {argument: sent for argument, sent in named.items() if isinstance(sent, tuple)}
        ruling = self._ruling(check, entry, exchanges)
        findings = sort_by_level(entry.clauses, ruling.findings) if ruling.findings else ()
        message = _findings_sentence(findings) if findings else ruling.message
        shows_ignored = isinstance(ruling.raised, Violation) and ruling.raised.shows_ignored
        ignored = ignored_members(check.proves_obeyed, exchanges) if findings and shows_ignored else ()
        if ignored:
            message = f"{', '.join(ignored)} accepted and ignored: {message}"
        verdict = self.build_verdict(entry, check, ruling.outcome, message, findings)
        return replace(verdict, ignored=ignored) if ignored else verdict

    def is_undecided(self, entry: PlannedVerdict, evidence: Evidence) -> bool:
        """True if another response of the model to the same request may decide."""
        check, sent = self.checks[entry.check], evidence.get(entry.case)
        if (
            check.every_request  # a rule about any response, on which the choice of the model has no influence
            or not isinstance(sent, tuple)
            or self._reason_not_judged(entry, check, {entry.cases[0][0]: sent}, None) is not None
        ):
            return False
        raised = _exception_from(check, self._arguments(self.cases[entry.case], {entry.cases[0][0]: sent}))
        self.results[entry.check, entry.case] = sent, raised
        return isinstance(raised, Undecided)

    def _reason_not_judged(
        self, entry: PlannedVerdict, check: Check, named: Mapping[str, Any], smoke: str | None
    ) -> NotSent | None:
        if smoke is not None:
            return NotSent("untestable", smoke)
        lacking = entry.needs - self.target.means
        if lacking:
            return NotSent("untestable", not_given(lacking))
        for argument, case in entry.cases:
            sent = named[argument]
            if sent is None:
                return NotSent("untestable", f"the case {case} was not sent")
            if isinstance(sent, NotSent):
                return sent
            unmet = self._unmet_condition(self.cases[case], entry, check, sent)
            if unmet is not None:
                return unmet
        return None

    def _unmet_condition(
        self, case: Case, entry: PlannedVerdict, check: Check, sent: tuple[Exchange, ...]
    ) -> NotSent | None:
        """Reason why this check cannot judge the exchanges of a case under this contract; None if it can."""
        last = sent[-1]
        failure = asking_failure(last)
        if failure:
            return NotSent("error", failure)
        if case.endpoint not in self.provider.endpoints or not self.provider.offers(*case.features):
            return NotSent("not-offered", f"the {self.provider.name} document does not describe this")
        if check.any_answer or check.every_request:
            return None
        if last.broken is not None:
            return NotSent("untestable", _broken_off(last))
        if len(sent) < case.request_count and last.is_success:
            lacks = f"request {len(sent)} of {case.request_count} lacks what the next one needs"
            talks = _talks_past_tools(last)
            if entry.is_cited_by_selectors or (talks and not requires_call(*request_bodies((last,)))):
                return NotSent("untestable", lacks)
            judged_by = CALLED_AT.get(last.endpoint)
            if talks and not _has_call(last) and any(check == judged_by for check, _ in self.planned):
                return NotSent("untestable", f"{lacks}, a call; {judged_by} judges that")
        return None

    def _ruling(self, check: Check, entry: PlannedVerdict, exchanges: ExchangesByArgument) -> Ruling:
        if check.every_request:
            return self._ruling_on_every_request(check, entry, next(iter(exchanges.values())))
        return self._ruling_on_cases(
            check, entry, exchanges, {argument: self.cases[name] for argument, name in entry.cases}
        )

    def _ruling_on_every_request(self, check: Check, entry: PlannedVerdict, sent: tuple[Exchange, ...]) -> Ruling:
        """The ruling on each response of a case by itself."""
        ((argument, name),) = entry.cases
        rulings = [
            (place, answer.step, self._ruling_on_cases(check, entry, {argument: (answer,)}, {argument: case}))
            for place, answer, case in named_answers(self.cases[name], sent)
            if answer.broken is None or check.any_answer
        ]
        return _joined_ruling(rulings) if rulings else ruling_on(Untestable(_broken_off(sent[-1])))

    def _ruling_on_cases(
        self, check: Check, entry: PlannedVerdict, exchanges: ExchangesByArgument, cases: Mapping[str, Case]
    ) -> Ruling:
        excuse = partial(self._excuse, check, entry, exchanges, cases)
        ended = None if check.every_request else self._end_of_sequence(check, entry, exchanges)
        if ended is not None:
            return ruling_on(ended, excuse)
        case = next(iter(cases.values()))
        sent, raised = self.results.get((entry.check, entry.case), ((), None))
        if sent is next(iter(exchanges.values())):
            ruling = ruling_on(raised, excuse)
        else:
            ruling = judge_exchanges(check, self._arguments(case, exchanges), excuse)
        if ruling is PASS and self._read_past_end(check, case, exchanges, left=False):
            return ruling_on(Inconclusive(CUT_SHORT))
        return ruling

    def _end_of_sequence(self, check: Check, entry: PlannedVerdict, exchanges: ExchangesByArgument) -> Violation | None:
        """The violation of a sequence that an answer ended before its last request; None if each was sent."""
        for argument, name in entry.cases:
            case, sent = self.cases[name], exchanges[argument]
            if len(sent) < case.request_count and not check.any_answer:
                actual = f"{sent[-1].status} with {display_text(sent[-1].text)}"
                saved = " and ".join(case.asks[(len(sent) - 1) % len(case.asks)].save.values())
                wanted = f"an answer to request {len(sent)} of {case.request_count}{saved and f' with {saved}'}"
                return Violation(wanted, actual, where="status line", judged_by=ANSWERED)
        return None

    def _excuse(
        self,
        check: Check,
        entry: PlannedVerdict,
        exchanges: ExchangesByArgument,
        cases: Mapping[str, Case],
        violation: Violation,
    ) -> None:
        """Raises the reason why a violation does not count.

        Such reasons are a deadline of ours, a limit met, an option refused, another check that failed.
        """
        require_in_time(*(exchange for sent in exchanges.values() for exchange in sent))
        for argument, sent in exchanges.items():
            case, last = cases[argument], sent[-1]
            if last.truncated and self._read_past_end(check, next(iter(cases.values())), exchanges, left=True):
                raise Inconclusive(CUT_SHORT)
            if check.any_answer:
                continue
            require_no_rate_limit(last, case.refused)
            if optional := self.provider.optional.intersection(case.features):
                require_not_declined(last, optional, self.provider, made_to_be_refused=case.kind == "refusal")
        judged_by = violation.judged_by
        if entry.provider == WIRE and judged_by == ANSWERED and "exchanges" not in check.arguments:
            raise Untestable("the request was refused; the column of the document judges that")
        if entry.provider == WIRE and judged_by in CALLED:
            raise Untestable(f"no call was made; {judged_by} judges that in the column of the document")
        if judged_by not in (None, check.id) and self._fails_elsewhere(judged_by, entry, exchanges, cases):
            findings = sort_by_level(entry.clauses, violation.findings)
            raise Untestable(f"{_findings_sentence(findings)}; {judged_by} judges that")

    def _read_past_end(self, check: Check, case: Case, exchanges: ExchangesByArgument, *, left: bool) -> bool:
        """True if the check reads a truncated body, whose missing part may change the ruling.

        Args:
            left: also counts a body that is short because the client disconnected, as its case demands.
        """
        every = (exchange for sent in exchanges.values() for exchange in sent)
        if not any(exchange.truncated and (left or not exchange.left) for exchange in every):
            return False
        parts_read: set[str] = set()
        with suppress(Exception):  # this run only records what the check reads; its ruling is known
            tracked = {name: track_truncated(sent, parts_read) for name, sent in exchanges.items()}
            check(self._arguments(case, tracked))
        return READS_PART in parts_read

    def _fails_elsewhere(
        self, check: str, entry: PlannedVerdict, exchanges: ExchangesByArgument, cases: Mapping[str, Case]
    ) -> bool:
        """True if another check reports the failure on one of the entry's cases, at its level or above."""
        other, reads_all = self.checks.get(check), "exchanges" in self.checks[entry.check].arguments
        for argument, name in entry.cases:
            reporting = self.planned.get((check, name))
            if reporting is None or other is None:
                continue
            judged = [(exchanges[argument], cases[argument])]
            if other.every_request and reads_all:
                judged = [((answer,), alone) for _, answer, alone in named_answers(cases[argument], judged[0][0])]
            for sent, case in judged:
                raised = _exception_from(other, self._arguments(case, {"exchange": sent}))
                if isinstance(raised, Violation):  # only a Violation is a failure
                    _, level = clause_verdicts(reporting.clauses, "fail", raised.findings)
                    if highest_level((level, entry.level_by_name)) == level:
                        return True
        return False

    def _arguments(self, case: Case, exchanges: ExchangesByArgument) -> dict[str, Any]:
        return {argument: sent[-1] for argument, sent in exchanges.items()} | {
            "exchanges": next(iter(exchanges.values())),
            "case": case,
            "provider": self.provider,
            "contract": self.contract,
            "target": self.target,
        }

    def build_verdict(
        self, entry: PlannedVerdict, check: Check, outcome: str, message: str, findings: tuple[Finding, ...] = ()
    ) -> Verdict:
        """Makes the verdict of one entry from its outcome."""
        clauses, level = clause_verdicts(entry.clauses, outcome, findings)
        return Verdict(
            target=entry.target,
            provider=entry.provider,
            check=entry.check,
            case=entry.case,
            area=entry.area,
            outcome=outcome,
            level=level,
            clauses=clauses,
            requirement=check.requirement,
            message=message,
            findings=findings,
        )


def _exception_from(function: Callable[[T], None], argument: T) -> Exception | None:
    """The exception that a function raises for an argument; None if it raises none."""
    try:
        function(argument)
    except Exception as error:
        return error
    return None


def _broken_off(exchange: Exchange) -> str:
    """Reason why a response that broke off is not judged."""
    detail = exchange.broken.detail if exchange.broken is not None else "no answer"
    return f"the answer broke off ({detail}); wire.complete judges that"


def _joined_ruling(rulings: Sequence[tuple[str, int, Ruling]]) -> Ruling:
    """The ruling on all responses of a case: the worst one, else the last one that decides."""
    findings = tuple(
        replace(finding, where=", ".join(filter(None, (place, finding.where))), step=step)
        for place, step, ruling in rulings
        for finding in ruling.findings
        if ruling.outcome == "fail"
    )
    if findings:
        return ruling_on(Violation.from_findings(findings))
    for place, _, ruling in rulings:
        if ruling.outcome in RED_OUTCOMES:
            return replace(ruling, message=": ".join(filter(None, (place, ruling.message))))
    decided = [ruling for _, _, ruling in rulings if ruling.outcome in DECIDED_OUTCOMES]
    return (decided or [ruling for _, _, ruling in rulings])[-1]


def _talks_past_tools(exchange: Exchange) -> bool:
    """True if the model answers with text although tools were offered."""
    (body,) = [*request_bodies((exchange,))] or [None]
    if not isinstance(body, Mapping) or "tools" not in body:
        return False
    try:
        texts = [text for place in TEXT_PLACES for _, text in json_pointer.find(exchange.json, place)]
    except NotJson:
        return False
    return any(isinstance(text, str) and text.strip() for text in texts)


def _has_call(exchange: Exchange) -> bool:
    """True if an answer in JSON has a call, whatever its form."""
    return any(value for place in CALL_PLACES for _, value in json_pointer.find(exchange.json, place))


def _findings_sentence(findings: tuple[Finding, ...]) -> str:
    first = findings[0]
    place = f" at {first.where}" if first.where else ""
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"expected {first.expected}, actual {first.actual}{place}{more}"
