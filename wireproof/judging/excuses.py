"""Reasons why an exchange does not decide a requirement; each is raised as an exception of checks."""

from __future__ import annotations

from wireproof.contract.provider import Provider
from wireproof.evidence.exchange import Exchange
from wireproof.judging.check import Inconclusive, NotOffered
from wireproof.judging.honest_refusal import LIMIT_CAUSES, is_honest_refusal

CUT_SHORT = "only the beginning of the body was recorded"


def asking_failure(exchange: Exchange) -> str:
    """Reason why the request did not reach the target; empty if it did."""
    broken = exchange.broken
    return f"could not ask: {broken.detail}" if broken is not None and broken.is_before_request else ""


def require_kept_whole(exchange: Exchange) -> None:
    """Raises Inconclusive for a truncated body."""
    __tracebackhide__ = True
    if exchange.truncated:
        raise Inconclusive(CUT_SHORT)


def require_no_rate_limit(exchange: Exchange, refused: str | None = None) -> None:
    """Raises Inconclusive for a 429, unless the request was made to meet a limit.

    Args:
        refused: the cause for which the request must be refused; None if it must be accepted.
    """
    __tracebackhide__ = True
    if exchange.status == 429 and refused not in LIMIT_CAUSES:
        raise Inconclusive("the target answered 429, too many requests")


def require_not_declined(
    exchange: Exchange, option: str, provider: Provider, *, made_to_be_refused: bool = False
) -> None:
    """Raises NotOffered for an honest refusal of an option that the contract does not promise.

    A request made to be refused gets a 4xx anyway, so only a 501 shows that the option is missing.
    """
    __tracebackhide__ = True
    if made_to_be_refused and exchange.status != 501:
        return
    if is_honest_refusal(exchange, (option,), provider):
        raise NotOffered(f"{option} is optional and was refused with {exchange.status}")
