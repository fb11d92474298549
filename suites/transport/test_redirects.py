"""Redirects of API calls (RFC 9110 section 15.4): official clients follow them, without the key to another host."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from wireproof import expect
from wireproof.check import Exchange, check

REDIRECTIONS = (301, 302, 303, 307, 308)
# RFC 9110, 15.4: clients turn a POST that is redirected otherwise into a GET without a body.
METHOD_KEEPING_REDIRECTIONS = (307, 308)


def is_redirected(exchange: Exchange) -> bool:
    """True if the answer is a redirect."""
    expect.complete(exchange)
    return exchange.status in REDIRECTIONS


@check("transport.redirect-keeps-method", any_answer=True, every_request=True)
def test_redirect_keeps_method(exchange: Exchange) -> None:
    """A request with a body is redirected, if at all, by a status that keeps its method and body: 307 or 308."""
    if is_redirected(exchange):
        expect.condition(
            exchange.status in METHOD_KEEPING_REDIRECTIONS, "307 or 308", exchange.status, where="status line"
        )


@check("transport.redirect-stays", any_answer=True, every_request=True)
def test_redirect_stays(exchange: Exchange) -> None:
    """A request is redirected, if at all, within its scheme and host, to which the key is sent again."""
    if not is_redirected(exchange):
        return
    requested = urlsplit(exchange.request.url)
    redirected = urlsplit(urljoin(exchange.request.url, expect.header(exchange, "Location")))
    where = f"{requested.scheme}://{requested.netloc}"
    expect.equal(f"{redirected.scheme}://{redirected.netloc}", where, where="header Location")
