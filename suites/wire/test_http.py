"""Rules of HTTP (RFC 9110, RFC 9112) for every answer."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, Provider, TimedOut, Violation, check

EVENT_STREAM = "text/event-stream"
LEFT_EARLY_KINDS = ("closed", "reset")


def require_due_answer(exchange: Exchange, case: Case) -> None:
    """Raises Inconclusive if the request was refused although the case expects an answer."""
    expect.complete(exchange)
    if not exchange.is_success and case.kind != "refusal":
        raise Inconclusive(f"the request was refused with {exchange.status}")


def is_json_type(media_type: str) -> bool:
    """True for application/json (RFC 8259) and every type that ends in +json (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")


@check("wire.http", any_answer=True, every_request=True)
def test_http(exchange: Exchange) -> None:
    """An answer is well-formed HTTP/1.1."""
    broken = exchange.broken
    if broken is not None and broken.kind == "protocol":
        raise Violation("well-formed HTTP/1.1", f"{broken.detail} {broken.evidence[-120:]!r}", where="connection")


@check("wire.complete", any_answer=True, every_request=True)
def test_complete(exchange: Exchange) -> None:
    """An answer arrives whole."""
    broken = exchange.broken
    if broken is not None and broken.is_deadline:
        raise TimedOut(expect.passed_deadline_text(exchange))
    # RFC 9112, 9.3.1: a kept connection may close just as the next request is sent, which is then sent again.
    if exchange.reused and broken is not None and broken.is_by_peer and exchange.status is None:
        raise Inconclusive(f"the kept connection ended before the request was answered ({broken.detail})")
    if broken is not None and broken.kind in LEFT_EARLY_KINDS:
        size = sum(len(read.data) for read in exchange.reads)
        actual = f"{broken.kind}: {broken.detail} (after {size} bytes of the body)"
        raise Violation("a whole answer", actual, where="connection")
    if not exchange.left:
        expect.require_kept_whole(exchange)


@check("wire.content-type", any_answer=True, every_request=True)
def test_content_type(exchange: Exchange, case: Case) -> None:
    """A JSON answer is labelled application/json, and a stream that was asked for text/event-stream."""
    require_due_answer(exchange, case)
    if not exchange.body and not exchange.content_type:
        return
    if exchange.is_success and expect.asks_for_stream(exchange):
        expect.equal(exchange.content_type, EVENT_STREAM, where="header Content-Type")
    else:
        labelled = is_json_type(exchange.content_type)
        expect.condition(
            labelled,
            "application/json",
            exchange.content_type or "nothing",
            where="header Content-Type",
            judged_by=expect.check_for_server_error(exchange),
        )


@check("wire.as-labelled", any_answer=True, every_request=True)
def test_as_labelled(exchange: Exchange) -> None:
    """A body labelled as JSON is one JSON text, and a body labelled as an event stream has events."""
    expect.complete(exchange)
    if not exchange.body:
        return
    if exchange.content_type == EVENT_STREAM:
        actual = expect.display_text(exchange.text)
        expect.condition(bool(exchange.stream.events), "at least one event", actual, where="body")
    elif is_json_type(exchange.content_type):
        expect.json_body(exchange)


@check("wire.no-server-error", any_answer=True, every_request=True)
def test_no_server_error(exchange: Exchange, case: Case, provider: Provider) -> None:
    """No request is answered with a status of 500 or above, but where an outage was arranged."""
    expect.complete(exchange)
    wanted = provider.refusals.get(case.refused or "")
    arranged = wanted is not None and exchange.status in wanted.status
    unbuilt = exchange.status == 501 and not provider.optional.isdisjoint(case.features)
    actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
    expect.condition(
        arranged or unbuilt or (exchange.status or 0) < 500, "a status below 500", actual, where="status line"
    )


@check("wire.answered")
def test_answered(exchange: Exchange) -> None:
    """A proper request is answered with success."""
    expect.success(exchange)


@check("wire.status-200")
def test_status_200(exchange: Exchange) -> None:
    """Success has the one status that the description names for it, 200."""
    expect.success(exchange)
    expect.status(exchange, 200)


@check("wire.no-redirect", any_answer=True, every_request=True)
def test_no_redirect(exchange: Exchange) -> None:
    """A documented path answers by itself and redirects nowhere."""
    expect.complete(exchange)
    actual = f"{exchange.status} to {exchange.header('location')}"
    expect.condition(not 300 <= (exchange.status or 0) < 400, "no redirection", actual, where="status line")
