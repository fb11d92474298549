"""Prices, sizes and dates in a list of models, beyond the shape of an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Provider, Violation, check

ORG_AND_NAME = re.compile(r"[^/\s]+/[^/\s]+")
# Prices of a token; a vendor may add others, such as the price of a picture.
PRICES = ("prompt", "completion", "input_cache_read")
# The dearest models cost a tenth of this; a price for a thousand or a million tokens is above it.
HIGHEST_PRICE = Decimal("0.01")


def list_entries(exchange: Exchange, provider: Provider) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields place and value of every entry of the list."""
    body = expect.answer(exchange)
    for at in range(len(expect.member(body, provider.list_items, list))):
        place = f"{provider.list_items}/{at}"
        yield place, expect.member(body, place, dict)


def token_prices(exchange: Exchange, provider: Provider) -> Iterator[tuple[str, Decimal]]:
    """Yields place and amount of every price of a token."""
    for place, entry in list_entries(exchange, provider):
        prices = expect.member(entry, "/pricing", dict, where=place)
        for name in PRICES:
            if name in prices:
                yield f"{place}/pricing/{name}", parse_price(prices[name], f"{place}/pricing/{name}")


def parse_price(text: Any, at: str) -> Decimal:
    """Parses a price, which is a decimal number in a string."""
    try:
        price = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        price = Decimal("NaN")
    if price.is_finite():
        return price
    raise Violation("a decimal number as a text", expect.display_text(text), at=at)


@check("models.prices")
def test_prices(exchange: Exchange, provider: Provider) -> None:
    """Every price is a decimal number, written as a text, and not below zero."""
    for at, price in token_prices(exchange, provider):
        expect.condition(price >= 0, "a number from zero", str(price), at=at)


@check("models.prices-per-token")
def test_prices_per_token(exchange: Exchange, provider: Provider) -> None:
    """Every price is that of one token: a cent at most."""
    for at, price in token_prices(exchange, provider):
        expect.condition(price < HIGHEST_PRICE, f"less than {HIGHEST_PRICE}", str(price), at=at)


@check("models.cached-is-no-dearer")
def test_cached_is_no_dearer(exchange: Exchange, provider: Provider) -> None:
    """Reading a cached token costs no more than a token of the prompt."""
    prices = dict(token_prices(exchange, provider))
    for at, price in prices.items():
        prompt = prices.get(f"{at.rpartition('/')[0]}/prompt", price)
        if at.endswith("/input_cache_read"):
            expect.condition(price <= prompt, f"at most {prompt}", str(price), at=at)


@check("models.dates")
def test_dates(exchange: Exchange, provider: Provider) -> None:
    """The date of an entry is a day of the calendar."""
    for place, entry in list_entries(exchange, provider):
        text = expect.member(entry, "/date", str, where=place)
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise Violation("a day as YYYY-MM-DD", f"{text} ({error})", at=f"{place}/date") from None


@check("models.names")
def test_names(exchange: Exchange, provider: Provider) -> None:
    """The name of an entry has at least one character."""
    for place, entry in list_entries(exchange, provider):
        name = expect.member(entry, "/name", str, where=place)
        expect.condition(bool(name.strip()), "a name", name, at=f"{place}/name")


@check("models.org-and-name")
def test_org_and_name(exchange: Exchange, provider: Provider) -> None:
    """The id of an entry is the name of an organization and that of a model, with a slash between them."""
    for place, entry in list_entries(exchange, provider):
        id = expect.member(entry, provider.list_id, str, where=place)
        expect.condition(
            ORG_AND_NAME.fullmatch(id) is not None, "organization/model", id, at=f"{place}{provider.list_id}"
        )


@check("models.answer-fits-context")
def test_answer_fits_context(exchange: Exchange, provider: Provider) -> None:
    """The longest answer of a model is no longer than its context."""
    for place, entry in list_entries(exchange, provider):
        context = expect.member(entry, "/context_length", int, where=place)
        most = expect.member(entry, "/max_completion_tokens", int, where=place)
        expect.condition(most <= context, f"at most {context}", most, at=f"{place}/max_completion_tokens")


@check("models.serves-everywhere")
def test_serves_everywhere(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A listed model is not refused by any endpoint to which the case puts it."""
    for use in exchanges[1:]:
        expect.success(use)
