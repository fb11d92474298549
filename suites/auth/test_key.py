"""The key: what is let in, and what a refusal gives away."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, NotOffered, Provider, Untestable, Violation, check


@check("auth.accepted")
def test_accepted(exchange: Exchange, provider: Provider) -> None:
    """A request with a valid key is not refused on account of its key."""
    refused = provider.refusals["missing-key"].status + provider.refusals["bad-key"].status
    actual = f"{exchange.status} with {expect.shown(exchange.text)}"
    expect.that(exchange.status not in refused, "no refusal of the key", actual, where="status line")


@check("auth.cured")
def test_cured(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that is refused without a key succeeds when asked again with one."""
    without, with_one = exchanges
    expect.status(without, *provider.refusals["missing-key"].status)
    expect.success(with_one)


@check("auth.unprefixed-refused")
def test_unprefixed_refused(exchange: Exchange, provider: Provider) -> None:
    """A key without the promised prefix is refused as a bad key."""
    if not provider.data["auth"]["key_prefix_promised"]:
        raise NotOffered("the document promises no prefix of keys")
    expect.refusal(exchange, provider.refusals["bad-key"], provider)


@check("auth.no-leak", any_answer=True)
def test_no_leak(exchange: Exchange, provider: Provider) -> None:
    """A refusal does not repeat the whole key it was sent."""
    sent = (exchange.request.header(provider.auth_header) or "").split(" ")[-1]
    if not sent or sent.startswith("$") or exchange.status is None:
        raise Untestable("this request carried no key that may be shown, or got no answer")
    lines = [value.decode("latin-1") for _, value in exchange.headers]
    if any(sent in text for text in (exchange.text, *lines)):
        raise Violation("an answer without the key in it", expect.shown(exchange.text), where="answer")
