"""The members of requests that responses prove to be obeyed, or to be accepted and ignored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wireproof.evidence.exchange import Exchange
from wireproof.formats.strict_json import NotJson, parse_json

ExchangesByArgument = Mapping[str, tuple[Exchange, ...]]


def has_member(body: Any, name: str) -> bool:
    """True if a body has a member; a dot in the name leads to a nested member."""
    for part in name.split("."):
        if not isinstance(body, Mapping) or part not in body:
            return False
        body = body[part]
    return True


def request_bodies(exchanges: Iterable[Exchange]) -> Iterator[Any]:
    """Yields the request bodies that are JSON."""
    for exchange in exchanges:
        try:
            yield parse_json(exchange.request.body)
        except NotJson:
            continue


def requires_call(body: Any) -> bool:
    """True if a request demands a call of a tool; without a demand the model may answer with text."""
    choice = body.get("tool_choice") if isinstance(body, Mapping) else None
    allowed = choice.get("allowed_tools") if isinstance(choice, Mapping) else None
    if isinstance(allowed, Mapping):
        return allowed.get("mode") == "required"
    return choice == "required" or isinstance(choice, Mapping)


def ignored_members(proves_obeyed: tuple[str, ...], sent: ExchangesByArgument) -> tuple[str, ...]:
    """The members that a failed check proves to be ignored: those of its own that successful requests sent."""
    every = [exchange for exchanges in sent.values() for exchange in exchanges]
    if not proves_obeyed or not all(exchange.is_success for exchange in every):
        return ()
    bodies = list(request_bodies(every))
    return tuple(name for name in proves_obeyed if any(has_member(body, name) for body in bodies))
