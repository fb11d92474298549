"""The daily tokens of an account: for which models, and which requests are served when they are used up."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Finding, Inconclusive, Provider, Violation, check, json_pointer


@check("quotas.none-serves")
def test_none_serves(exchanges: tuple[Exchange, ...]) -> None:
    """No model answers an account whose tokens of the day are used up."""
    served = [str(expect.request_body(exchange)["model"]) for exchange in exchanges if exchange.is_success]
    if served:
        raise Violation.from_findings(
            tuple(Finding("a refusal", "an answer", model, json_pointer.join(model)) for model in served)
        )


@check("quotas.a-minute-does-not-cure-the-day")
def test_a_minute_does_not_cure_the_day(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """An account whose tokens of the day are used up is refused for that reason after a minute as before."""
    for exchange in exchanges:
        expect.refusal(exchange, provider.refusals["quota-exhausted"], provider)


@check("quotas.other-model-serves", any_answer=True)
def test_other_model_serves(exchanges: tuple[Exchange, ...]) -> None:
    """An account that has used up its tokens for one model is answered by another."""
    is_refused_then_served(exchanges)


@check("quotas.other-account-serves", any_answer=True)
def test_other_account_serves(exchanges: tuple[Exchange, ...]) -> None:
    """An account that has used up its tokens takes none from another account."""
    is_refused_then_served(exchanges)


@check("quotas.account-has-one-volume", any_answer=True)
def test_account_has_one_volume(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """Another key of an account that has used up its tokens is refused for that reason as well."""
    first, other = exchanges
    if first.status is None or first.is_success:
        raise Inconclusive("the first key of the account was not refused")
    expect.refusal(other, provider.refusals["quota-exhausted"], provider)


@check("quotas.list-takes-none", any_answer=True)
def test_list_takes_none(exchanges: tuple[Exchange, ...]) -> None:
    """An account without tokens left still gets the list of models, since tokens are counted and not requests."""
    is_refused_then_served(exchanges)


@check("quotas.next-day-serves", any_answer=True)
def test_next_day_serves(exchanges: tuple[Exchange, ...]) -> None:
    """An account whose tokens of the day are used up is answered again a day later."""
    is_refused_then_served(exchanges)


def is_refused_then_served(exchanges: tuple[Exchange, ...]) -> None:
    """Raises Violation unless the first request is refused and the last is answered."""
    first, last = exchanges[0], exchanges[-1]
    for exchange in exchanges:
        expect.complete(exchange)
    # A limit a minute has Retry-After; a used-up day has not.
    if last.status == 429 and last.header("Retry-After") is not None:
        raise Inconclusive("the last request came too soon after others")
    expect.condition(not first.is_success, "a refusal at first", first.status, where="first answer")
    expect.success(last)
