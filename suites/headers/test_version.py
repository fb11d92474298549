"""The requested version of the API, and the version of the answer."""

from __future__ import annotations

import re

from wireproof import expect
from wireproof.check import Exchange, NotOffered, Provider, check

DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def version_headers(provider: Provider) -> tuple[str, str, str]:
    """The header of the request, that of the answer, and the default version. Raises NotOffered if one is missing."""
    asks, answers = provider.request_headers.get("version"), provider.response_headers.get("version")
    default = provider.header_defaults.get("version")
    if asks is None or answers is None or default is None:
        raise NotOffered("the document names no version that a request may ask for")
    return asks, answers, default


@check("headers.version", any_answer=True, every_request=True)
def test_version(exchange: Exchange, provider: Provider) -> None:
    """An answer tells the version that its request asked for, or the default where it asked for none."""
    expect.complete(exchange)
    asks, answers, default = version_headers(provider)
    wanted = exchange.request.header(asks) or default
    expect.equal(expect.header(exchange, answers), wanted, where=f"header {answers}")


@check("headers.version-unknown")
def test_version_unknown(exchange: Exchange, provider: Provider) -> None:
    """A request for an unknown version is refused with 4xx, or its answer names a version of the usual form."""
    _, answers, default = version_headers(provider)
    if not exchange.is_success:
        expect.client_error(exchange)
        return
    version, pattern = expect.header(exchange, answers), re.sub(r"\d", r"\\d", re.escape(default))
    expect.condition(
        bool(re.fullmatch(pattern, version)), f"a version such as {default}", version, where=f"header {answers}"
    )


@check("headers.version-told", any_answer=True, every_request=True)
def test_version_told(exchange: Exchange, provider: Provider) -> None:
    """An answer tells the version of the API that made it, as a date."""
    expect.complete(exchange)
    name = provider.response_headers.get("version")
    if name is None:
        raise NotOffered("the document names no header for the version")
    version = expect.header(exchange, name)
    expect.condition(bool(DATE.fullmatch(version)), "a date such as 2020-10-01", version, where=f"header {name}")
