"""Refusals: the honest ones of an option or endpoint, and the causes that only limit the rate."""

from __future__ import annotations

from collections.abc import Collection

from wireproof.contract.provider import Provider
from wireproof.evidence.exchange import Exchange
from wireproof.formats.strict_json import NotJson
from wireproof.judging.option_names import names_option

LIMIT_CAUSES = frozenset({"rate-limited", "quota-exhausted"})
NO_SUCH_ENDPOINT_STATUSES = frozenset({404, 405, 501})
OPTION_STATUSES = frozenset({400, 403, 415, 422}) | NO_SUCH_ENDPOINT_STATUSES


def is_honest_refusal(exchange: Exchange, options: Collection[str], provider: Provider) -> bool:
    """True if the response refuses honestly: no such endpoint, or a refusal in JSON that names the option.

    An endpoint that the contract promises exists, so its 404 or 501 refuses an option only if it names it.

    Args:
        options: the features of the request that the contract leaves optional.
    """
    if exchange.broken is not None or exchange.status not in OPTION_STATUSES:
        return False
    own_option = () if exchange.endpoint in provider.promised else (exchange.endpoint,)
    if own_option and exchange.status in NO_SUCH_ENDPOINT_STATUSES:
        return True
    try:
        return isinstance(exchange.json, dict) and names_option(exchange, (*options, *own_option))
    except NotJson:
        return False
