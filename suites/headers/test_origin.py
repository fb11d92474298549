"""The headers that name the provider of an answer and mark an automated decision."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, NotOffered, Provider, check


def header_with_role(role: str, provider: Provider) -> str:
    """The name of the answer's header for a role. Raises NotOffered if the document names none."""
    name = provider.response_headers.get(role)
    if name is None:
        raise NotOffered(f"the document names no header for {role.replace('_', ' ')}")
    return name


@check("headers.provider")
def test_provider(exchange: Exchange, provider: Provider) -> None:
    """An answer of a model names in a header the provider that served it."""
    expect.success(exchange)
    expect.header(exchange, header_with_role("provider", provider))


@check("headers.automated-decision")
def test_automated_decision(exchange: Exchange, provider: Provider) -> None:
    """An answer of a model says in a header that a machine decided it."""
    expect.success(exchange)
    expect.header(exchange, header_with_role("automated_decision", provider))


@check("headers.another-provider")
def test_another_provider(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request is served while the provider that served it before is down, and names another."""
    usual, now = exchanges
    expect.success(now)
    name = header_with_role("provider", provider)
    before = usual.header(name)
    if before is None:
        raise Inconclusive("the first answer names no provider")
    actual = expect.header(now, name)
    expect.condition(actual != before, f"another than {before}", actual, where=f"header {name}")


@check("headers.elsewhere")
def test_elsewhere(exchange: Exchange, provider: Provider) -> None:
    """An answer without a model has values in the origin headers that it carries; if it carries none, that is noted."""
    expect.success(exchange)
    names = [header_with_role(role, provider) for role in ("provider", "automated_decision")]
    values = [expect.header(exchange, name) for name in names if exchange.header(name) is not None]
    if not values:
        raise Noted(f"the answer has neither {' nor '.join(names)}")
