"""Each answer of a load run before the checks that a conformance run would judge it by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import time

from wireproof.client.partial_response import PartialResponse as PartialResponse
from wireproof.contract.case import Case
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.evidence.redactor import Redactor
from wireproof.judging import expect
from wireproof.judging.check import Check, Contract, NotJson, Violation, parse_json
from wireproof.judging.judge import PASS, judge_exchanges
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.load.conformance import response_checks
from wireproof.load.conformance.response_fingerprint import without_ids_and_texts, without_time
from wireproof.load.request_record import Outcome, RequestRecord, ResponseBody
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.request_template import NONCE_PATTERN

OWN_ANSWERS_CHECK = "transport.own-answers"
# Whose answers are judged by another's that is the same but for ids, time and texts, and how many are remembered.
MASKED_ENDPOINTS, MAX_REMEMBERED_ANSWERS = ("chat",), 4096
# The name under which a check of ours counts that failed to judge.
CHECK_ERROR = "error"
MAX_BROKEN_PLACES = 6
# What became of an answer that no client could read is no matter of levels.
UNUSABLE_OUTCOMES = (Outcome.CUT, Outcome.FAILED, Outcome.STRANGE)
JUDGED_OUTCOMES = (Outcome.OK, Outcome.REFUSED, Outcome.THROTTLED, *UNUSABLE_OUTCOMES)
UNAVAILABLE_REFUSAL = "unavailable"


@dataclass(frozen=True, slots=True)
class BrokenCheck:
    """A check that an answer breaks, and where."""

    check: str
    places: tuple[str, ...]
    message: str


@dataclass(slots=True)
class ResponseJudge:
    """Judges the answers of one target; nothing here knows levels, which are looked up when the run is over."""

    target: Target
    cases: Mapping[str, Case]
    contract: Contract = field(init=False)
    _redactor: Redactor = field(init=False, repr=False)
    _remembered: dict[tuple[str, str, bytes], tuple[BrokenCheck, ...]] = field(init=False, default_factory=dict)
    _checks_by_kind: dict[tuple[str, str], tuple[Check, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.contract = SchemaSet(self.target.provider.schemas)
        self._redactor = Redactor.from_secrets(self.target.secrets)

    def broken_checks(self, record: RequestRecord, shot: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """What an answer breaks; nothing where it keeps every rule."""
        if record.outcome in UNUSABLE_OUTCOMES:
            return (BrokenCheck(str(record.outcome), (), record.detail),)
        answer = record.answer
        if answer is None:
            return ()
        if shot.nonce or shot.endpoint not in MASKED_ENDPOINTS or answer.status >= 300:
            return self.judge(answer, shot)
        return self._judge_like_another(answer, shot)

    def _judge_like_another(self, answer: ResponseBody, shot: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """What an answer breaks, or one broke that was the same but for ids, time and texts."""
        mask = without_ids_and_texts(answer.body)
        if mask is None:
            return self.judge(answer, shot)
        key = (shot.name, answer.content_type, without_time(mask, time()))
        known = self._remembered.get(key)
        if known is None:
            known = self.judge(answer, shot)
            other = self.judge(ResponseBody(answer.status, answer.content_type, mask), shot)
            if [(one.check, one.places) for one in known] == [(one.check, one.places) for one in other]:
                self._remembered[key] = known
                if len(self._remembered) > MAX_REMEMBERED_ANSWERS:
                    self._remembered.clear()
        return known

    def judge(self, answer: ResponseBody, shot: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """What an answer breaks, by its own bytes; what is told of it holds no secret."""
        found = self._run_checks(answer, shot)
        if found:
            (body,) = self._redactor.mask_parts((answer.body,))
            return found if body == answer.body else self._run_checks(replace(answer, body=body), shot)
        return found

    def _run_checks(self, answer: ResponseBody, shot: PreparedRequest) -> tuple[BrokenCheck, ...]:
        exchange = exchange_from_body(answer, shot, self.target.name)
        given = {
            "exchange": exchange,
            "case": self.cases[shot.name],
            "provider": self.target.provider,
            "contract": self.contract,
            "target": self.target,
        }
        broken = [_run_check(check, given) for check in self._checks_for(shot, answer)]
        broken.append(foreign_nonce(exchange, shot.nonce)) if shot.nonce and answer.status < 300 else None
        return tuple(breach for breach in broken if breach is not None)

    def _checks_for(self, shot: PreparedRequest, answer: ResponseBody) -> tuple[Check, ...]:
        kind = "answer" if answer.status < 300 else str(answer.status)
        key = (shot.name, kind)
        if key not in self._checks_by_kind:
            self._checks_by_kind[key] = self._choose_checks(shot, answer)
        return self._checks_by_kind[key]

    def _choose_checks(self, shot: PreparedRequest, answer: ResponseBody) -> tuple[Check, ...]:
        if answer.status < 300:
            return (
                response_checks.checks_of_stream(shot.endpoint, _request_json(shot))
                if shot.streams
                else response_checks.checks_of_answer(shot.endpoint)
            )
        # A cell that is gone or full is said by the status that the contract has for it.
        wanted = self.target.provider.refusals.get(UNAVAILABLE_REFUSAL)
        arranged = wanted is not None and answer.status in wanted.status
        return tuple(
            one for one in response_checks.checks_of_refusal() if not (arranged and one.id == "wire.no-server-error")
        )


def exchange_from_body(answer: ResponseBody, shot: PreparedRequest, target: str) -> Exchange:
    """An answer as the checks read it."""
    response = PartialResponse(
        sent_at=time(),
        started_ns=0,
        status=answer.status,
        http_version="HTTP/1.1",
        headers=((b"Content-Type", answer.content_type.encode("latin-1")),),
        reads=[BodyRead(0, answer.body)],
    )
    request = Request(shot.method, "", (), shot.body)
    return Exchange.from_response(response, request, target=target, case=shot.name, endpoint=shot.endpoint)


def foreign_nonce(exchange: Exchange, nonce: str) -> BrokenCheck | None:
    """An answer that says the word of another request."""
    try:
        said = expect.text(exchange)
    except Violation:
        return None
    others = sorted(set(re.findall(NONCE_PATTERN.pattern, said)) - {nonce})
    return (
        BrokenCheck(OWN_ANSWERS_CHECK, (), f"expected an answer that says {nonce}, actual {', '.join(others)}")
        if others
        else None
    )


def _run_check(check: Check, given: Mapping[str, object]) -> BrokenCheck | None:
    ruling = judge_exchanges(check, given)
    if ruling is PASS:
        return None
    if ruling.findings:
        places = tuple(dict.fromkeys(one.pointer or "" for one in ruling.findings))[:MAX_BROKEN_PLACES]
        return BrokenCheck(check.id, places, ruling.message)
    return BrokenCheck(CHECK_ERROR, (), f"{check.id}: {ruling.message}") if ruling.outcome in ERROR_OUTCOMES else None


def _request_json(shot: PreparedRequest) -> object:
    try:
        return parse_json(shot.body)
    except NotJson:
        return None


def prepared_judge(target: Target, shots: Sequence[PreparedRequest], cases: Mapping[str, Case]) -> ResponseJudge:
    """A judge that has read its checks and compiled its schemas for these requests."""
    judge = ResponseJudge(target, cases)
    for shot in shots:
        kind = "text/event-stream" if shot.streams else "application/json"
        body = b"data: {}\n\n" if shot.streams else b"{}"
        judge.broken_checks(
            RequestRecord(shot.name, Outcome.OK, "", 200, 0, 0, 0, answer=ResponseBody(200, kind, body)), shot
        )
    return judge
