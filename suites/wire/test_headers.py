"""The headers of every answer."""

from __future__ import annotations

import re

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, check

# RFC 9110, 5.6.7: the one form a sender may generate.
HTTP_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d{2}:\d{2}:\d{2} GMT"
)
# A client takes the lines of one name together; two values, even equal ones, are then no value that it can read.
SINGLE_HEADERS = ("Content-Type", "Date", "Location", "Retry-After", "Access-Control-Allow-Origin")
LIMIT_HEADER = re.compile(r"x-ratelimit-(limit|remaining|reset)(-[a-z]+)*")


@check("wire.length", any_answer=True, every_request=True)
def test_length(exchange: Exchange) -> None:
    """An answer states its length at most one way, and the stated length is that of its body."""
    expect.complete(exchange)
    lengths = set(exchange.header_values("content-length"))
    coded = exchange.header("transfer-encoding")
    expect.condition(len(lengths) < 2, "one Content-Length", sorted(lengths), where="header Content-Length")
    expect.condition(not (lengths and coded), "Content-Length or Transfer-Encoding", "both", where="headers")
    size = sum(len(read.data) for read in exchange.reads)
    # The answer to HEAD states the length of the body of GET.
    if lengths and not exchange.truncated and exchange.request.method != "HEAD":
        expect.equal(next(iter(lengths)), str(size), where="header Content-Length")


@check("wire.no-coding", any_answer=True, every_request=True)
def test_no_coding(exchange: Exchange) -> None:
    """A content coding is used only where the request asks for one."""
    expect.complete(exchange)
    accepted = (exchange.request.header("accept-encoding") or "identity").lower().replace(" ", "")
    weights = dict(named.partition(";q=")[::2] for named in accepted.split(","))
    allowed = {name for name, weight in weights.items() if weight == "" or weight.strip("0.")}
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    expect.condition(
        coding in allowed | {"identity"},
        f"no coding beyond {accepted}",
        coding,
        where="header Content-Encoding",
    )


@check("wire.allow", any_answer=True, every_request=True)
def test_allow(exchange: Exchange) -> None:
    """A refusal with status 405 names the methods that the path has."""
    expect.complete(exchange)
    if exchange.status != 405:
        raise Inconclusive(f"the status is {exchange.status}")
    expect.header(exchange, "Allow")


@check("wire.once", any_answer=True, every_request=True)
def test_once(exchange: Exchange) -> None:
    """A header that has one value stands in the head once."""
    expect.complete(exchange)
    limits = tuple(name for name in exchange.headers_by_name if LIMIT_HEADER.fullmatch(name))
    for name in (*SINGLE_HEADERS, *limits):
        values = exchange.header_values(name)
        expect.condition(len(values) < 2, f"{name} once", values, where=f"header {name}")


@check("wire.date", any_answer=True, every_request=True)
def test_date(exchange: Exchange) -> None:
    """An answer carries the date of its making in the form of RFC 9110."""
    expect.complete(exchange)
    date = expect.header(exchange, "Date")
    expect.condition(
        bool(HTTP_DATE.fullmatch(date)), "a date like Sun, 06 Nov 1994 08:49:37 GMT", date, where="header Date"
    )


@check("wire.request-id", any_answer=True, every_request=True)
def test_request_id(exchange: Exchange, provider: Provider) -> None:
    """An answer carries an id of the request in a header."""
    expect.complete(exchange)
    expect.header(exchange, provider.response_headers.get("request_id", "x-request-id"))


@check("wire.request-ids-differ")
def test_request_ids_differ(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """Two requests have different ids."""
    name = provider.response_headers.get("request_id", "x-request-id")
    ids = [expect.header(exchange, name) for exchange in exchanges]
    expect.condition(len(set(ids)) == len(ids), "a different id each time", ids, where=f"header {name}")


@check("wire.processing-ms", any_answer=True, every_request=True)
def test_processing_ms(exchange: Exchange, provider: Provider) -> None:
    """An answer tells in a header how many milliseconds it took."""
    expect.complete(exchange)
    name = provider.response_headers.get("processing_ms")
    if name is None:
        raise Inconclusive("the document names no such header")
    value = expect.header(exchange, name)
    expect.condition(value.isascii() and value.isdigit(), "whole milliseconds", value, where=f"header {name}")
