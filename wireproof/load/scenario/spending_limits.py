"""The limits of a load run: its spending, and the hosts that it may load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wireproof.contract import base_url
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.load.request_record import TokenCount
from wireproof.load.scenario.prepared_request import PreparedRequest

# The ceilings of a run against another machine, unless its options set others.
DEFAULT_MAX_REQUESTS, DEFAULT_MAX_OUTPUT_TOKENS, DEFAULT_MAX_DOLLARS = 1000, 100_000, 1.0
ALLOW_HOST_FLAG = "--i-may-load-this-host"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most requests, output tokens and dollars of a run; None for no ceiling."""

    requests: int | None = None
    output_tokens: int | None = None
    dollars: float | None = None

    def share(self, index: int, count: int) -> Ceilings:
        """The share of one of several processes; all shares together are the whole."""
        return Ceilings(
            _split(self.requests, index, count),
            _split(self.output_tokens, index, count),
            None if self.dollars is None else self.dollars / count,
        )

    def __str__(self) -> str:
        if self == Ceilings():
            return "no ceilings"
        parts = [
            "no ceiling on requests" if self.requests is None else f"at most {self.requests} requests",
            "no ceiling on output tokens" if self.output_tokens is None else f"{self.output_tokens} output tokens",
            "no ceiling on cost" if self.dollars is None else f"${self.dollars:g} by the catalogue's prices",
        ]
        return ", ".join(parts)


def _split(whole: int | None, index: int, count: int) -> int | None:
    return None if whole is None else whole // count + (index < whole % count)


def ceilings_for_hosts(ceilings: Ceilings, hosts: Iterable[str], *, allowed: bool) -> Ceilings:
    """The ceilings of a run; if a host is another machine, with defaults.

    Raises ConfigError if a host is another machine and load on it is not allowed.
    """
    remote = [host for host in hosts if not base_url.is_loopback(host)]
    if not remote:
        return ceilings
    whole = Ceilings(
        DEFAULT_MAX_REQUESTS if ceilings.requests is None else ceilings.requests,
        DEFAULT_MAX_OUTPUT_TOKENS if ceilings.output_tokens is None else ceilings.output_tokens,
        DEFAULT_MAX_DOLLARS if ceilings.dollars is None else ceilings.dollars,
    )
    if not allowed:
        remedy = f"add {ALLOW_HOST_FLAG} if its owner agrees; the run then sends {whole}"
        raise ConfigError(f"--endpoint {remote[0]}", "it is not this machine, and load may cost or harm", remedy)
    return whole


@dataclass(slots=True)
class SpendingAccount:
    """The spending of one process; a request is counted with its cap before it is sent.

    Attributes:
        ceilings: the share of this process.
        prices: dollars for a million tokens in and out.
        requests, tokens, dollars: the spending so far; tokens are output tokens.
    """

    ceilings: Ceilings
    prices: tuple[float, float] = (0.0, 0.0)
    requests: int = 0
    tokens: int = 0
    dollars: float = 0.0

    def try_reserve(self, request: PreparedRequest) -> bool:
        """Counts a request with its cap; returns False if it may exceed a ceiling."""
        ceilings = self.ceilings
        cost = self._cost(TokenCount(0, request.token_cap))
        if ceilings.requests is not None and self.requests + 1 > ceilings.requests:
            return False
        if ceilings.output_tokens is not None and self.tokens + request.token_cap > ceilings.output_tokens:
            return False
        if ceilings.dollars is not None and self.dollars + cost > ceilings.dollars:
            return False
        self.requests, self.tokens, self.dollars = (
            self.requests + 1,
            self.tokens + request.token_cap,
            self.dollars + cost,
        )
        return True

    def settle(self, request: PreparedRequest, tokens: TokenCount) -> None:
        """Replaces the cap of a request by the tokens that its response had."""
        self.tokens += tokens.answer - request.token_cap
        self.dollars += self._cost(tokens) - self._cost(TokenCount(0, request.token_cap))

    def _cost(self, tokens: TokenCount) -> float:
        return (tokens.prompt * self.prices[0] + tokens.answer * self.prices[1]) / MILLION


def find_highest_prices(target: Target) -> tuple[float, float]:
    """Dollars for a million tokens in and out of the dearest model of the target; 0 if no price is known."""
    model_ids = set(target.models.values())
    priced = [model.price for model in target.provider.catalogue if model.id in model_ids and model.price is not None]
    return max((price.input for price in priced), default=0.0), max((price.output for price in priced), default=0.0)
