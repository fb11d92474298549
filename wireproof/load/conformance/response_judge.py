"""The judge of the responses of a load run, with the checks of a conformance run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import time

from wireproof.client.partial_response import PartialResponse
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
from wireproof.load.conformance.response_fingerprint import refusal_without_id, without_ids_and_texts, without_time
from wireproof.load.request_record import Outcome, RequestRecord, ResponseBody
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.request_template import NONCE_PATTERN

OWN_ANSWERS_CHECK = "transport.own-answers"
# Endpoints whose responses are judged by fingerprint, and the number of fingerprints that are remembered.
MASKED_ENDPOINTS, MAX_REMEMBERED_ANSWERS = ("chat",), 4096
# The name under which a check is counted that raised an error.
CHECK_ERROR = "error"
MAX_BROKEN_PLACES = 6
# Outcomes of responses that no client can read; they count as broken without a check.
UNUSABLE_OUTCOMES = (Outcome.CUT, Outcome.FAILED, Outcome.STRANGE)
JUDGED_OUTCOMES = (Outcome.OK, Outcome.REFUSED, Outcome.THROTTLED, *UNUSABLE_OUTCOMES)
UNAVAILABLE_REFUSAL = "unavailable"


@dataclass(frozen=True, slots=True)
class BrokenCheck:
    """A check that a response breaks, and the JSON pointers at which it breaks it."""

    check: str
    places: tuple[str, ...]
    message: str


@dataclass(slots=True)
class ResponseJudge:
    """The judge of the responses of one target; levels are looked up at the end of the run."""

    target: Target
    cases: Mapping[str, Case]
    contract: Contract = field(init=False)
    _redactor: Redactor = field(init=False, repr=False)
    _remembered: dict[tuple[str, str, bytes], tuple[BrokenCheck, ...]] = field(init=False, default_factory=dict)
    _checks_by_kind: dict[tuple[str, str], tuple[Check, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.contract = SchemaSet(self.target.provider.schemas)
        self._redactor = Redactor.from_secrets(self.target.secrets)

    def broken_checks(self, record: RequestRecord, request: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """The checks that a response breaks."""
        if record.outcome in UNUSABLE_OUTCOMES:
            return (BrokenCheck(str(record.outcome), (), record.detail),)
        answer = record.answer
        if answer is None:
            return ()
        if answer.status >= 300:
            return self._judge_refusal(answer, request)
        if request.nonce or request.endpoint not in MASKED_ENDPOINTS:
            return self.judge(answer, request)
        return self._judge_like_another(answer, request)

    def _judge_refusal(self, answer: ResponseBody, request: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """The checks that a refusal breaks, or that one broke from which only its request id differs."""
        key = (request.name, answer.content_type, refusal_without_id(answer))
        if key not in self._remembered:
            self._remember(key, self.judge(answer, request))
        return self._remembered[key]

    def _judge_like_another(self, answer: ResponseBody, request: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """The checks that a response breaks, or that one with the same fingerprint broke."""
        mask = without_ids_and_texts(answer.body)
        if mask is None:
            return self.judge(answer, request)
        key = (request.name, answer.content_type, without_time(mask, time()))
        result = self._remembered.get(key)
        if result is None:
            result = self.judge(answer, request)
            masked_result = self.judge(ResponseBody(answer.status, answer.content_type, mask), request)
            masked_places = [(breach.check, breach.places) for breach in masked_result]
            if [(breach.check, breach.places) for breach in result] == masked_places:
                self._remember(key, result)
        return result

    def _remember(self, key: tuple[str, str, bytes], result: tuple[BrokenCheck, ...]) -> None:
        if len(self._remembered) >= MAX_REMEMBERED_ANSWERS:
            self._remembered.clear()
        self._remembered[key] = result

    def judge(self, answer: ResponseBody, request: PreparedRequest) -> tuple[BrokenCheck, ...]:
        """The checks that a response breaks, by its own bytes; their messages hold no secret."""
        broken = self._run_checks(answer, request)
        if broken:
            headers = tuple((name, self._without_secrets(value)) for name, value in answer.headers)
            shown = replace(answer, body=self._without_secrets(answer.body), headers=headers)
            return broken if shown == answer else self._run_checks(shown, request)
        return broken

    def _without_secrets(self, value: bytes) -> bytes:
        (masked,) = self._redactor.mask_parts((value,))
        return masked

    def _run_checks(self, answer: ResponseBody, request: PreparedRequest) -> tuple[BrokenCheck, ...]:
        exchange = exchange_from_body(answer, request, self.target.name)
        arguments = {
            "exchange": exchange,
            "exchanges": (exchange,),
            "case": self.cases[request.name],
            "provider": self.target.provider,
            "contract": self.contract,
            "target": self.target,
        }
        broken = [_run_check(check, arguments) for check in self._checks_for(request, answer)]
        broken.append(foreign_nonce_breach(exchange, request.nonce)) if request.nonce and answer.status < 300 else None
        return tuple(breach for breach in broken if breach is not None)

    def _checks_for(self, request: PreparedRequest, answer: ResponseBody) -> tuple[Check, ...]:
        kind = "answer" if answer.status < 300 else str(answer.status)
        key = (request.name, kind)
        if key not in self._checks_by_kind:
            self._checks_by_kind[key] = self._choose_checks(request, answer)
        return self._checks_by_kind[key]

    def _choose_checks(self, request: PreparedRequest, answer: ResponseBody) -> tuple[Check, ...]:
        if answer.status < 300:
            return (
                response_checks.checks_of_stream(request.endpoint, _request_json(request))
                if request.streams
                else response_checks.checks_of_answer(request.endpoint)
            )
        # The contract allows this status for a server that is down or full.
        unavailable = self.target.provider.refusals.get(UNAVAILABLE_REFUSAL)
        is_expected = unavailable is not None and answer.status in unavailable.status
        return tuple(
            check
            for check in response_checks.checks_of_refusal(answer.status)
            if not (is_expected and check.id == "wire.no-server-error")
        )


def exchange_from_body(answer: ResponseBody, request: PreparedRequest, target: str) -> Exchange:
    """Makes the exchange of a response for the checks."""
    response = PartialResponse(
        sent_at=time(),
        started_ns=0,
        status=answer.status,
        http_version="HTTP/1.1",
        headers=answer.headers or ((b"Content-Type", answer.content_type.encode("latin-1")),),
        reads=[BodyRead(0, answer.body)],
    )
    http_request = Request(request.method, "", (), request.body)
    return Exchange.from_response(response, http_request, target=target, case=request.name, endpoint=request.endpoint)


def foreign_nonce_breach(exchange: Exchange, nonce: str) -> BrokenCheck | None:
    """The breach of a response that contains the word of another request; None if it contains none."""
    try:
        text = expect.text(exchange)
    except Violation:
        return None
    foreign = sorted(set(re.findall(NONCE_PATTERN.pattern, text)) - {nonce})
    return (
        BrokenCheck(OWN_ANSWERS_CHECK, (), f"expected a response with {nonce}, actual {', '.join(foreign)}")
        if foreign
        else None
    )


def _run_check(check: Check, arguments: Mapping[str, object]) -> BrokenCheck | None:
    verdict = judge_exchanges(check, arguments)
    if verdict is PASS:
        return None
    if verdict.findings:
        places = tuple(dict.fromkeys(finding.pointer or "" for finding in verdict.findings))[:MAX_BROKEN_PLACES]
        return BrokenCheck(check.id, places, verdict.message)
    return BrokenCheck(CHECK_ERROR, (), f"{check.id}: {verdict.message}") if verdict.outcome in ERROR_OUTCOMES else None


def _request_json(request: PreparedRequest) -> object:
    try:
        return parse_json(request.body)
    except NotJson:
        return None


def prepared_judge(target: Target, requests: Sequence[PreparedRequest], cases: Mapping[str, Case]) -> ResponseJudge:
    """Makes a judge that has read its checks and compiled its schemas for these requests."""
    judge = ResponseJudge(target, cases)
    for request in requests:
        kind = "text/event-stream" if request.streams else "application/json"
        body = b"data: {}\n\n" if request.streams else b"{}"
        judge.broken_checks(
            RequestRecord(request.name, Outcome.OK, "", 200, 0, 0, 0, answer=ResponseBody(200, kind, body)), request
        )
    return judge
