"""The responses of one case, each with its place and with the case of its request alone."""

from __future__ import annotations

from collections.abc import Iterator

from wireproof.contract.case import ANY_CAUSE, Case
from wireproof.evidence.exchange import Exchange
from wireproof.judging.honest_refusal import LIMIT_CAUSES


def named_answers(case: Case, sent: tuple[Exchange, ...]) -> Iterator[tuple[str, Exchange, Case]]:
    """Yields the place of each response, the response, and the case of its request alone.

    The responses after which a request was sent again are included. The place of the only response is empty. The
    case states the kind of its last response; the kind of an earlier one is that of what came.
    """
    last = sent[-1] if len(sent) >= case.request_count else None
    for exchange in sent:
        request = f"request {exchange.step + 1} of {case.request_count}" if case.request_count > 1 else ""
        for number, answer in enumerate((*exchange.attempts, exchange), 1):
            attempt = f"attempt {number} of {len(exchange.attempts) + 1}" if exchange.attempts else ""
            alone = case if answer is last else case.of_one_request(answer.step, _refusal_cause(answer, exchange, case))
            yield ", ".join(filter(None, (request, attempt))), answer, alone


def _refusal_cause(answer: Exchange, final: Exchange, case: Case) -> str | None:
    """The cause for which a response refuses its request; None for any other response.

    A limit met by chance is no refusal of the request. A server is not available if the case arranged it, or if it
    stated with a 503 when to try again, which the client did.
    """
    arranged = case.asks[answer.step % len(case.asks)].cell not in (None, "one-down")
    if (answer.status == 503 and answer is not final) or ((answer.status or 0) >= 500 and arranged):
        return "unavailable"
    by_chance = answer.status == 429 and case.refused not in LIMIT_CAUSES
    if answer.status is None or not 400 <= answer.status < 500 or by_chance:
        return None
    return case.refused or ANY_CAUSE
