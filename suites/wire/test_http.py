"""What HTTP and JSON ask of every answer, whatever it says."""

from __future__ import annotations

import json
import re
from typing import Any

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotJson, Provider, Violation, check, parse_json

EVENT_STREAM = "text/event-stream"
ANSWER_MEMBERS = ("choices", "data", "output", "embedding")
LEFT_EARLY = ("first-byte", "idle", "total", "closed", "reset")
# RFC 9110, 5.6.7: the one form a sender may generate.
DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d{2}:\d{2}:\d{2} GMT"
)


def arrived(exchange: Exchange) -> None:
    """A broken exchange is the business of wire.http and wire.complete alone."""
    if exchange.broken is not None or exchange.status is None:
        raise Inconclusive("no whole answer came")


def asks_for_stream(exchange: Exchange) -> bool:
    """Whether the request sets `stream`."""
    try:
        body = parse_json(exchange.request.body)
    except NotJson:
        return False
    return isinstance(body, dict) and body.get("stream") is True


def document(exchange: Exchange) -> Any:
    """The JSON of a body that is meant to be JSON; None for a stream, an empty body and anything else."""
    arrived(exchange)
    if exchange.content_type == EVENT_STREAM:
        return None
    try:
        return exchange.json
    except NotJson:
        return None


def plain_body(exchange: Exchange) -> bytes:
    """The bytes of a body that is no event stream."""
    arrived(exchange)
    if exchange.content_type == EVENT_STREAM:
        raise Inconclusive("the body is an event stream")
    return exchange.body


def is_json_type(media_type: str) -> bool:
    """RFC 8259 names application/json; RFC 6839 adds every type that ends in +json."""
    return media_type == "application/json" or media_type.endswith("+json")


@check("wire.http", any_answer=True)
def test_http(exchange: Exchange) -> None:
    """An answer is well-formed HTTP/1.1."""
    broken = exchange.broken
    if broken is not None and broken.kind == "protocol":
        raise Violation(
            "well-formed HTTP/1.1", f"{broken.detail} {broken.evidence[-120:]!r}", where="connection"
        )


@check("wire.complete", any_answer=True)
def test_complete(exchange: Exchange) -> None:
    """An answer arrives whole and within the deadlines."""
    broken = exchange.broken
    if broken is not None and broken.kind in LEFT_EARLY:
        came = sum(len(read.data) for read in exchange.reads)
        actual = f"{broken.kind}: {broken.detail} (after {came} bytes of the body)"
        raise Violation("a whole answer within the deadlines", actual, where="connection")


@check("wire.content-type", any_answer=True)
def test_content_type(exchange: Exchange) -> None:
    """A JSON answer is labelled application/json, and a stream that was asked for text/event-stream."""
    arrived(exchange)
    if not exchange.body and not exchange.content_type:
        return
    if exchange.answered and asks_for_stream(exchange):
        expect.equal(exchange.content_type, EVENT_STREAM, where="header Content-Type")
    else:
        labelled = is_json_type(exchange.content_type)
        expect.that(
            labelled, "application/json", exchange.content_type or "nothing", where="header Content-Type"
        )


@check("wire.json", any_answer=True)
def test_json(exchange: Exchange) -> None:
    """A body that is no event stream is exactly one JSON text."""
    plain_body(exchange)
    expect.json_body(exchange)


@check("wire.utf-8", any_answer=True)
def test_utf8(exchange: Exchange) -> None:
    """A JSON body is UTF-8 without a byte order mark."""
    body = plain_body(exchange)
    expect.that(not body.startswith(b"\xef\xbb\xbf"), "no byte order mark", body[:8].hex(" "), where="byte 0")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        actual = f"{error.reason}: {body[error.start : error.start + 8].hex(' ')}"
        raise Violation("UTF-8", actual, where=f"byte {error.start}") from None


@check("wire.charset", any_answer=True)
def test_charset(exchange: Exchange) -> None:
    """A charset that the content type names is utf-8."""
    arrived(exchange)
    found = re.search(r"charset\s*=\s*\"?([^\s\";]*)", exchange.header("content-type") or "", re.I)
    if found:
        expect.equal(found[1].lower(), "utf-8", where="header Content-Type")


@check("wire.unique-members", any_answer=True)
def test_unique_members(exchange: Exchange) -> None:
    """The members of each JSON object in a body have names of their own."""
    if document(exchange) is None:
        raise Inconclusive("the body is no JSON text")

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        twice = sorted({name for name in names if names.count(name) > 1})
        expect.that(not twice, "each member once", f"more than once: {', '.join(twice)}", where="body")
        return dict(members)

    json.loads(exchange.body, object_pairs_hook=pairs)


@check("wire.no-padding", any_answer=True)
def test_no_padding(exchange: Exchange) -> None:
    """The first byte of a JSON body belongs to the JSON text."""
    body = plain_body(exchange)
    padding = len(body) - len(body.lstrip())
    expect.that(padding == 0, "no whitespace before the JSON text", f"{padding} bytes of it", where="byte 0")


@check("wire.status-body", any_answer=True)
def test_status_body(exchange: Exchange) -> None:
    """Status and body agree: success brings no error object, and a refusal brings no answer."""
    body = document(exchange)
    if not isinstance(body, dict):
        raise Inconclusive("the body is no JSON object")
    if exchange.answered and body.get("object") != "response":
        shown = f"{exchange.status} with {expect.shown(body)}"
        expect.that(not body.get("error"), "no error object in an answer", shown, where="/error")
    if exchange.status is not None and exchange.status >= 400:
        brought = [name for name in ANSWER_MEMBERS if isinstance(body.get(name), list)]
        actual = f"{exchange.status} with {', '.join(brought)}"
        expect.that(not brought, "no answer in a refusal", actual, where="body")


@check("wire.no-server-error", any_answer=True)
def test_no_server_error(exchange: Exchange, case: Case, provider: Provider) -> None:
    """No request is answered with a status of 500 or above, but where an outage was arranged."""
    arrived(exchange)
    due = provider.refusals.get(case.refused or "")
    arranged = due is not None and exchange.status in due.status
    actual = f"{exchange.status} with {expect.shown(exchange.text)}"
    expect.that(arranged or (exchange.status or 0) < 500, "a status below 500", actual, where="status line")


@check("wire.no-redirect", any_answer=True)
def test_no_redirect(exchange: Exchange) -> None:
    """A documented path answers by itself and redirects nowhere."""
    arrived(exchange)
    actual = f"{exchange.status} to {exchange.header('location')}"
    expect.that(not 300 <= (exchange.status or 0) < 400, "no redirection", actual, where="status line")


@check("wire.length", any_answer=True)
def test_length(exchange: Exchange) -> None:
    """An answer states its length at most one way, and the stated length is that of its body."""
    arrived(exchange)
    lengths = set(exchange.header_values("content-length"))
    coded = exchange.header("transfer-encoding")
    expect.that(len(lengths) < 2, "one Content-Length", sorted(lengths), where="header Content-Length")
    expect.that(not (lengths and coded), "Content-Length or Transfer-Encoding", "both", where="headers")
    size = sum(len(read.data) for read in exchange.reads)
    if lengths and not exchange.truncated:
        expect.equal(next(iter(lengths)), str(size), where="header Content-Length")


@check("wire.no-coding", any_answer=True)
def test_no_coding(exchange: Exchange) -> None:
    """A content coding is used only where the request asks for one."""
    arrived(exchange)
    asked = (exchange.request.header("accept-encoding") or "identity").lower()
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    expect.that(
        coding == "identity" or coding in asked,
        f"no coding beyond {asked}",
        coding,
        where="header Content-Encoding",
    )


@check("wire.date", any_answer=True)
def test_date(exchange: Exchange) -> None:
    """An answer carries the date of its making in the form of RFC 9110."""
    arrived(exchange)
    date = expect.header(exchange, "Date")
    expect.that(
        bool(DATE.fullmatch(date)), "a date like Sun, 06 Nov 1994 08:49:37 GMT", date, where="header Date"
    )


@check("wire.request-id", any_answer=True)
def test_request_id(exchange: Exchange, provider: Provider) -> None:
    """An answer carries an id of the request in a header."""
    arrived(exchange)
    expect.header(exchange, provider.response_headers.get("request_id", "x-request-id"))


@check("wire.request-ids-differ")
def test_request_ids_differ(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """Two requests have different ids."""
    name = provider.response_headers.get("request_id", "x-request-id")
    ids = [expect.header(exchange, name) for exchange in exchanges]
    expect.that(len(set(ids)) == len(ids), "a different id each time", ids, where=f"header {name}")


@check("wire.processing-ms", any_answer=True)
def test_processing_ms(exchange: Exchange, provider: Provider) -> None:
    """An answer tells in a header how many milliseconds it took."""
    arrived(exchange)
    name = provider.response_headers.get("processing_ms")
    if name is None:
        raise Inconclusive("the document names no such header")
    value = expect.header(exchange, name)
    expect.that(value.isascii() and value.isdigit(), "whole milliseconds", value, where=f"header {name}")
