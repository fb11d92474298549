"""Which members of a request a judgement is about: what an answer shows to be obeyed, or accepted and ignored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wireproof.evidence.exchange import Exchange
from wireproof.formats.strict_json import NotJson, parse_json

ExchangesByArgument = Mapping[str, tuple[Exchange, ...]]


def has_member(body: Any, name: str) -> bool:
    """Whether a body has a member; a dot in the name leads to a member of a member."""
    for part in name.split("."):
        if not isinstance(body, Mapping) or part not in body:
            return False
        body = body[part]
    return True


def request_bodies(exchanges: Iterable[Exchange]) -> Iterator[Any]:
    """The bodies of the requests that are JSON."""
    for exchange in exchanges:
        try:
            yield parse_json(exchange.request.body)
        except NotJson:
            continue


def ignored_members(honours: tuple[str, ...], sent: ExchangesByArgument) -> tuple[str, ...]:
    """The members that answers of success were to show obeyed and did not."""
    every = [exchange for exchanges in sent.values() for exchange in exchanges]
    if not honours or not all(exchange.is_success for exchange in every):
        return ()
    asked = list(request_bodies(every))
    return tuple(name for name in honours if any(has_member(body, name) for body in asked))
