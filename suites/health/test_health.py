"""The health page."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Provider, Violation, check


@check("health.ok")
def test_ok(exchange: Exchange) -> None:
    """A service that works says that its status is ok."""
    expect.equal(expect.member(expect.answer(exchange), "/status", str), "ok", at="/status")


@check("health.counts-the-listed-models")
def test_counts_the_listed_models(page: Exchange, listed: Exchange, provider: Provider) -> None:
    """The health page counts at least as many models as the list of models shows."""
    count = expect.member(expect.answer(page), "/models", int)
    shown = len(expect.member(expect.answer(listed), provider.list_items, list))
    expect.condition(count >= shown, f"at least the {shown} models of the list", count, at="/models")


@check("health.reachable")
def test_reachable(exchange: Exchange) -> None:
    """The health page is answered with success while a cell is down."""
    expect.answer(exchange)


@check("health.reflects-outage")
def test_reflects_outage(well: Exchange, ill: Exchange) -> None:
    """While a cell is down the health page says another status or fewer cells than before."""
    before, during = expect.answer(well), expect.answer(ill)
    if during.get("status") != before.get("status"):
        return
    up, left = (expect.member(page, "/cells", int) for page in (before, during))
    if left >= up:
        raise Violation(
            f"a status other than {before.get('status')!r}, or fewer than {up} cells", expect.display_text(during)
        )
