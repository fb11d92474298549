"""The id that a client gives its request."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, NotOffered, Provider, Untestable, check


def request_id_header(provider: Provider) -> str:
    """The header in which an answer repeats the request id. Raises NotOffered if the document names none."""
    name = provider.response_headers.get("request_id")
    if name is None or "request_id" not in provider.request_headers:
        raise NotOffered("the document names no header for the id of a request")
    return name


@check("headers.request-id-echoed", any_answer=True, every_request=True)
def test_request_id_echoed(exchange: Exchange, provider: Provider) -> None:
    """An answer repeats the id that its request carried, byte for byte."""
    expect.complete(exchange)
    name = request_id_header(provider)
    sent = exchange.request.header(provider.request_headers["request_id"])
    if sent is None:
        raise Untestable("the request carried no id")
    expect.equal(expect.header(exchange, name), sent, where=f"header {name}")
