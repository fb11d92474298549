"""Agreement inside a refusal, and between two refusals of the same request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, NotJson, Provider, Violation, check

# Members that state a status, as a number or as three digits.
STATUS_MEMBERS = ("/status", "/statusCode", "/status_code", "/code")
CLIENT_ERRORS, SERVER_ERRORS = range(400, 500), range(500, 600)
# Patterns of error codes, and the statuses under which they may stand; the first match decides.
STATUSES_BY_WORD: Mapping[str, tuple[int, ...] | range] = {
    r"rate_limit|too_many_requests": (429,),
    r"quota|tier_exceeded|billing": (402, 403, 429),
    r"authentication|unauthorized|invalid_api_key|auth_required": (401, 403),
    r"permission|forbidden": (401, 403, 404),
    r"invalid_request|bad_request|not_found|validation|malformed|invalid_type|invalid_value": CLIENT_ERRORS,
    r"server_error|internal_error|overloaded|unavailable|bad_gateway|upstream": SERVER_ERRORS,
}


def json_object_body(exchange: Exchange) -> Mapping[str, Any]:
    """The JSON object of a plain answer of any status. Raises Inconclusive if there is none."""
    expect.complete(exchange)
    try:
        body = {} if expect.is_stream(exchange) else exchange.json
    except NotJson:
        body = {}
    if not isinstance(body, dict) or not body:
        raise Inconclusive("the body is no JSON object")
    return body


def body_and_error(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the place and value of the body and of the error inside it."""
    yield "", body
    if isinstance(body.get("error"), dict):
        yield "/error", body["error"]


@check("errors.status-agrees", any_answer=True, every_request=True)
def test_status_agrees(exchange: Exchange) -> None:
    """A status in a body is that of the answer, and a body that states an error comes without a status of success."""
    body = json_object_body(exchange)
    for at, place in body_and_error(body):
        for name in STATUS_MEMBERS:
            stated = _status_from_member(place.get(name[1:]))
            expect.condition(
                stated in (None, exchange.status), f"the status {exchange.status}", stated, where=at + name
            )
    failed = body.get("object") == "error" or body.get("success") is False
    if failed and exchange.is_success:
        actual = f"{exchange.status} with {expect.display_text(body)}"
        raise Violation("no body of a failure in an answer", actual, where="body")


def _status_from_member(value: Any) -> int | None:
    """The status that a member states; None if it states none."""
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(digits) if re.fullmatch(r"[1-5]\d\d", digits, re.ASCII) else None


@check("errors.not-in-success", any_answer=True, every_request=True)
def test_not_in_success(exchange: Exchange) -> None:
    """The body of an answer of success states neither a failure nor the status of one."""
    body = json_object_body(exchange)
    if not exchange.is_success:
        raise Inconclusive(f"the request was refused with {exchange.status}")
    for at, place in body_and_error(body):
        stated = {at + name: _status_from_member(place.get(name[1:])) for name in STATUS_MEMBERS}
        failing = {name: status for name, status in stated.items() if status is not None and status >= 400}
        expect.condition(not failing, "no status of a failure", expect.display_text(failing), where=at or "body")
    failed = body.get("object") == "error" or body.get("success") is False
    expect.condition(not failed, "no body of a failure", expect.display_text(body), where="body")


@check("errors.word-agrees", any_answer=True, every_request=True)
def test_word_agrees(exchange: Exchange, provider: Provider) -> None:
    """The machine words of an error are those of its status: no error of the server under 4xx, no mistake under 5xx."""
    body = json_object_body(exchange)
    if (exchange.status or 0) < 400:
        raise Inconclusive("the request was not refused")
    named = {f"{at}/type": place.get("type") for at, place in body_and_error(body)}
    for at, word in {**named, **dict(expect.codes(exchange, provider))}.items():
        fits = exchange.status in (_statuses_from_word(word) or (exchange.status,))
        expect.condition(fits, f"a word for the status {exchange.status}", word, where=at)


def _statuses_from_word(word: Any) -> tuple[int, ...] | range:
    """The statuses under which a word may stand; empty if it implies none."""
    if not isinstance(word, str):
        return ()
    snake_case = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()
    return next((statuses for pattern, statuses in STATUSES_BY_WORD.items() if re.search(pattern, snake_case)), ())


@check("errors.refused-alike")
def test_refused_alike(plain: Exchange, stream: Exchange, provider: Provider) -> None:
    """A streamed request is refused as the same request without a stream is, by status, type, code and param."""
    if plain.status is None or not 400 <= plain.status < 500:
        raise Inconclusive("the plain request was not refused")
    wanted, found = _refusal_facts(plain, provider), _refusal_facts(stream, provider)
    if wanted != found:
        raise Violation(f"{wanted}, as without a stream", f"{found}", where="streamed answer")


def _refusal_facts(exchange: Exchange, provider: Provider) -> dict[str, Any]:
    """The machine-readable facts of a refusal."""
    facts: dict[str, Any] = {"status": exchange.status}
    try:
        body = json_object_body(exchange)
    except Inconclusive:
        return facts
    error = dict(body_and_error(body)).get("/error", {})
    members = {name: error[name] for name in ("type", "code", "param") if error.get(name) is not None}
    return facts | dict(expect.codes(exchange, provider)) | members
