"""Refusals: the honest ones of an option or endpoint, and the causes that only limit the rate."""

from __future__ import annotations

from wireproof.evidence.exchange import Exchange
from wireproof.formats.strict_json import NotJson

LIMIT_CAUSES = frozenset({"rate-limited", "quota-exhausted"})
NO_SUCH_ENDPOINT_STATUSES = frozenset({404, 405, 501})


def is_honest_refusal(exchange: Exchange) -> bool:
    """True if the response refuses honestly: no such endpoint, or a 4xx with a JSON object."""
    if exchange.broken is not None or exchange.status is None:
        return False
    if exchange.status in NO_SUCH_ENDPOINT_STATUSES:
        return True
    if exchange.status not in (400, 403, 415, 422):
        return False
    try:
        return isinstance(exchange.json, dict)
    except NotJson:
        return False
