"""HEAD, and the OPTIONS that browsers send before a request to another origin (Fetch, CORS protocol)."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_HEADERS = "Access-Control-Allow-Headers"
ALLOW_METHODS = "Access-Control-Allow-Methods"
# Methods that Fetch sends to any origin without a preflight.
SAFELISTED = frozenset({"get", "head", "post"})


def listed_values(exchange: Exchange, name: str) -> set[str]:
    """The members of a list in a header, in lower case."""
    joined = ",".join(exchange.header_values(name)).lower()
    return {member.strip() for member in joined.split(",")} - {""}


def allows_origin(exchange: Exchange) -> None:
    """Raises Violation unless the one allowed origin lets this page read the answer."""
    origin = exchange.request.header("Origin")
    values = exchange.header_values(ALLOW_ORIGIN)
    expect.condition(
        len(values) == 1 and values[0] in ("*", origin),
        f"* or {origin}, once",
        ", ".join(values) or "no such header",
        where=f"header {ALLOW_ORIGIN}",
    )


def preflight_is_answered(preflight: Exchange) -> None:
    """Raises Inconclusive if the preflight is refused; another check judges that."""
    expect.complete(preflight)
    if not preflight.is_success:
        raise Inconclusive(f"the preflight is answered with {preflight.status}: browsers are not served")


@check("transport.head-served", any_answer=True)
def test_head_served(exchange: Exchange) -> None:
    """A resource that has GET has HEAD as well."""
    expect.complete(exchange)
    expect.condition(exchange.is_success, "a status of success (2xx)", exchange.status, where="status line")


@check("transport.head-like-get", any_answer=True)
def test_head_like_get(get: Exchange, head: Exchange) -> None:
    """The head of an answer to HEAD is that of the answer to GET."""
    for exchange in (get, head):
        expect.complete(exchange)
        if not exchange.is_success:
            raise Inconclusive(f"{exchange.request.method} is answered with {exchange.status}")
    expect.equal(head.content_type, get.content_type, where="header Content-Type")
    head_length, get_length = head.header("content-length"), get.header("content-length")
    if head_length is not None and get_length is not None:
        expect.equal(head_length, get_length, where="header Content-Length")


@check("transport.preflight-answered", any_answer=True)
def test_preflight_answered(exchange: Exchange) -> None:
    """A preflight, which carries no key, is answered with success and allows the origin and the method."""
    expect.complete(exchange)
    expect.condition(exchange.is_success, "a status of success (2xx)", exchange.status, where="status line")
    allows_origin(exchange)
    method = (exchange.request.header("Access-Control-Request-Method") or "").lower()
    allowed = listed_values(exchange, ALLOW_METHODS)
    expect.condition(method in allowed | SAFELISTED or "*" in allowed, method, allowed, where=f"header {ALLOW_METHODS}")


@check("transport.preflight-headers", any_answer=True)
def test_preflight_headers(exchange: Exchange) -> None:
    """A preflight that is answered allows the header of the key by its name, and the others by theirs or by a star."""
    preflight_is_answered(exchange)
    allowed = listed_values(exchange, ALLOW_HEADERS)
    for name in (exchange.request.header("Access-Control-Request-Headers") or "").split(","):
        # Fetch: a star stands for every header but Authorization.
        fits = name in allowed or ("*" in allowed and name != "authorization")
        expect.condition(fits, name, ", ".join(sorted(allowed)) or "nothing", where=f"header {ALLOW_HEADERS}")


@check("transport.page-may-read", any_answer=True)
def test_page_may_read(preflight: Exchange, exchange: Exchange) -> None:
    """After a preflight that is answered, the page may read the answer to the request, a refusal as well."""
    preflight_is_answered(preflight)
    expect.complete(exchange)
    allows_origin(exchange)
