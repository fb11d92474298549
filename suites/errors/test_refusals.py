"""Refusals: the documented status and code, and a server that keeps serving."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Case, Exchange, Finding, Inconclusive, Noted, NotOffered, Provider, Violation, check

# The first half of a pictograph in UTF-16, as JSON escapes it.
HALF_CHARACTER = b"\\ud83d"


@check("errors.refused")
def test_refused(exchange: Exchange, case: Case, provider: Provider) -> None:
    """The request is refused with the status and the code that the contract names for its cause."""
    wanted = provider.refusals.get(case.refused or "")
    if wanted is None:
        raise NotOffered(f"the contract names no refusal for {case.refused}")
    expect.refusal(exchange, wanted, provider)


@check("errors.refused-somehow")
def test_refused_somehow(exchange: Exchange) -> None:
    """The request is refused with a status from 400 to 499 and a JSON body."""
    expect.client_error(exchange)
    expect.json_body(exchange)


@check("errors.answered-or-refused")
def test_answered_or_refused(exchange: Exchange) -> None:
    """A request whose outcome the document leaves open is answered, or refused with 4xx."""
    if not exchange.is_success:
        expect.client_error(exchange)
    expect.json_body(exchange)


@check("errors.refused-if-at-all")
def test_refused_if_at_all(exchange: Exchange, case: Case, provider: Provider) -> None:
    """A value that the document does not forbid is taken, or refused as the contract says of its cause."""
    if exchange.is_success:
        raise Noted(f"answered with {exchange.status}")
    test_refused(exchange, case, provider)


@check("errors.stream-refused-plainly")
def test_stream_refused_plainly(exchange: Exchange) -> None:
    """A streaming request that is refused before its first event gets a status of refusal and plain JSON."""
    # That it is refused at all is judged by a check of its own.
    judged_by = "errors.refused" if exchange.is_success else None
    expect.client_error(exchange, judged_by=judged_by)
    expect.equal(exchange.content_type, "application/json", where="Content-Type")
    expect.json_body(exchange)


@check("errors.still-serves-next")
def test_still_serves_next(exchanges: tuple[Exchange, ...], case: Case) -> None:
    """A proper request is answered with success right after a broken one was refused, whatever was broken."""
    sent = zip(case.asks, exchanges, strict=True)
    # A broken request that is answered is judged by errors.refused.
    after = [later for (_, first), (ask, later) in pairwise(sent) if ask == case.asks[-1] and not first.is_success]
    if not after:
        raise Inconclusive("no broken request was refused")
    for exchange in after:
        expect.success(exchange)


@check("errors.each-refused")
def test_each_refused(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """Each of several wrong requests is refused with the status and the code of their cause, the first as the last."""
    wanted = provider.refusals.get(case.refused or "")
    if wanted is None:
        raise NotOffered(f"the contract names no refusal for {case.refused}")
    # An error of the server has a check of its own.
    findings: list[Finding] = []
    server_errors: list[Finding] = []
    for number, exchange in enumerate(exchanges, 1):
        try:
            expect.refusal(exchange, wanted, provider)
        except Violation as violation:
            request_end = expect.display_text(exchange.request.body.decode("utf-8", "replace")[-80:])
            finding = violation.findings[0]
            told = findings if expect.check_for_server_error(exchange) is None else server_errors
            told.append(
                Finding(
                    finding.expected,
                    f"{finding.actual} to {request_end}",
                    f"answer {number}, {finding.where}",
                    finding.pointer,
                )
            )
    if findings:
        raise Violation.from_findings(tuple(findings))
    if server_errors:
        raise Violation.from_findings(tuple(server_errors), judged_by="wire.no-server-error")


@check("errors.each-mistake", any_answer=True)
def test_each_mistake(exchanges: tuple[Exchange, ...]) -> None:
    """At each endpoint a malformed body and a wrong method are refused with 4xx; half a character may be read."""
    for number, exchange in enumerate(exchanges, 1):
        expect.complete(exchange)
        expect.require_no_rate_limit(exchange)
        if exchange.is_success and HALF_CHARACTER in exchange.request.body:
            continue
        fits = exchange.status is not None and 400 <= exchange.status < 500
        actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
        judged_by = expect.check_for_server_error(exchange)
        where = f"request {number}: {exchange.request.method} {exchange.request.body[:40]!r}"
        expect.condition(fits, "a status from 400 to 499", actual, where=where, judged_by=judged_by)
