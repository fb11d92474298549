"""Reasons why an exchange does not decide a requirement; each is raised as an exception of checks."""

from __future__ import annotations

import re
from collections.abc import Collection

from wireproof.contract.provider import Provider
from wireproof.evidence.exchange import Exchange
from wireproof.judging.check import Inconclusive, NotOffered
from wireproof.judging.honest_refusal import LIMIT_CAUSES, is_honest_refusal

CUT_SHORT = "only the beginning of the body was recorded"
RATE_LIMITED = "the target answered 429, too many requests"
# The words by which the body of a 429 tells a limit; a proxy writes "Too Many Requests".
LIMIT_WORDS = re.compile(r"rate|limit|quota|too many|throttl|capacity|overload|busy|concurren|try again|retry", re.I)


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
    """Raises Inconclusive for a 429 that shows a limit, unless the request was made to meet one.

    Args:
        refused: the cause for which the request must be refused; None if it must be accepted.
    """
    __tracebackhide__ = True
    if refused not in LIMIT_CAUSES and shows_rate_limit(exchange):
        raise Inconclusive(RATE_LIMITED)


def shows_rate_limit(exchange: Exchange) -> bool:
    """True for a 429 with a sign of a limit: a header about it, a word of it, or the same status after a wait."""
    if exchange.status != 429:
        return False
    headers = (name.replace("-", "") for name in exchange.headers_by_name)
    return (
        any(name.startswith("retryafter") or "ratelimit" in name for name in headers)
        or any(reason.startswith("status 429") for reason in exchange.retries)
        or LIMIT_WORDS.search(exchange.text) is not None
    )


def require_not_declined(
    exchange: Exchange, options: Collection[str], provider: Provider, *, made_to_be_refused: bool = False
) -> None:
    """Raises NotOffered for an honest refusal of one of the options that the contract does not promise.

    A request made to be refused gets a 4xx anyway, so only a 501 shows that the option is missing.
    """
    __tracebackhide__ = True
    if made_to_be_refused and exchange.status != 501:
        return
    if is_honest_refusal(exchange, options, provider):
        raise NotOffered(f"{' or '.join(sorted(options))} is optional and was refused with {exchange.status}")
