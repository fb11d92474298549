"""State: what one answer made, the next request may use, and what was never made is refused as unknown."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotOffered, check


@check("state.made-usable", any_answer=True)
def test_made_usable(exchanges: tuple[Exchange, ...], case: Case) -> None:
    """A request that uses what the answer before it made, such as an id, a call or a message, is served."""
    *made, last = exchanges
    if not made or not all(exchange.is_success for exchange in made) or len(exchanges) < case.request_count:
        raise Inconclusive("no answer made what the next request uses")
    expect.complete(last)
    expect.require_no_rate_limit(last)
    is_refused = 400 <= (last.status or 0) < 500 or last.status == 501
    if is_refused and _needs_storing(last) and not any(map(_is_called_stored, made)):
        raise NotOffered("no request asks to store the answer, and no answer says that it is stored")
    actual = f"{last.status} with {expect.display_text(last.text)}"
    where = f"request {last.step + 1}, which uses what an answer before it made"
    judged_by = expect.check_for_server_error(last)
    expect.condition(last.is_success, "a status of success (2xx)", actual, where=where, judged_by=judged_by)


def _needs_storing(exchange: Exchange) -> bool:
    """True if a request uses an answer by its id alone, which a server can only serve if it stored the answer."""
    return exchange.request.method == "GET" or "previous_response_id" in expect.request_body(exchange)


def _is_called_stored(exchange: Exchange) -> bool:
    """True if a request asks to store its answer, or the answer says that it is stored."""
    return expect.request_body(exchange).get("store") is True or expect.answer(exchange).get("store") is True


@check("state.unknown-refused")
def test_unknown_refused(exchange: Exchange) -> None:
    """A request for what was never made is refused as the mistake of the client."""
    expect.client_error(exchange)
