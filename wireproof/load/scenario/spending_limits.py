"""What a load run may spend, and whom it may load at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wireproof.contract import base_url
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.load.request_record import TokenCount
from wireproof.load.scenario.prepared_request import PreparedRequest

# Of a run against a host that is not this machine, unless it says otherwise.
DEFAULT_MAX_REQUESTS, DEFAULT_MAX_OUTPUT_TOKENS, DEFAULT_MAX_DOLLARS = 1000, 100_000, 1.0
ALLOW_HOST_FLAG = "--i-may-load-this-host"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that is sent, answered and paid; None for no ceiling."""

    requests: int | None = None
    output_tokens: int | None = None
    dollars: float | None = None

    def share(self, index: int, count: int) -> Ceilings:
        """What one of several processes may spend; all shares together are the whole."""
        return Ceilings(
            _split(self.requests, index, count),
            _split(self.output_tokens, index, count),
            None if self.dollars is None else self.dollars / count,
        )

    def __str__(self) -> str:
        told = [
            "no ceiling on requests" if self.requests is None else f"at most {self.requests} requests",
            "on output tokens none" if self.output_tokens is None else f"{self.output_tokens} output tokens",
            "on cost none" if self.dollars is None else f"${self.dollars:g} by the catalogue's prices",
        ]
        return ", ".join(told)


def _split(whole: int | None, index: int, count: int) -> int | None:
    return None if whole is None else whole // count + (index < whole % count)


def ceilings_for_hosts(given: Ceilings, hosts: Iterable[str], *, allowed: bool) -> Ceilings:
    """The ceilings of a run; those of another's machine have defaults.

    Raises ConfigError where such a machine is to be loaded and nobody said that this is allowed.
    """
    remote = [host for host in hosts if not base_url.is_loopback(host)]
    if not remote:
        return given
    whole = Ceilings(
        DEFAULT_MAX_REQUESTS if given.requests is None else given.requests,
        DEFAULT_MAX_OUTPUT_TOKENS if given.output_tokens is None else given.output_tokens,
        DEFAULT_MAX_DOLLARS if given.dollars is None else given.dollars,
    )
    if not allowed:
        remedy = f"say {ALLOW_HOST_FLAG} if you may; the run then sends {whole}"
        raise ConfigError(f"--host {remote[0]}", "it is not this machine, and load may cost or harm", remedy)
    return whole


@dataclass(slots=True)
class SpendingAccount:
    """What one process has spent of its share; a request is counted with its cap before it is sent."""

    ceilings: Ceilings
    prices: tuple[float, float] = (0.0, 0.0)
    requests: int = 0
    tokens: int = 0
    dollars: float = 0.0

    def try_reserve(self, shot: PreparedRequest) -> bool:
        """Take a request into account, unless it may go beyond a ceiling."""
        most = self.ceilings
        cost = self._cost(TokenCount(0, shot.token_cap))
        if most.requests is not None and self.requests + 1 > most.requests:
            return False
        if most.output_tokens is not None and self.tokens + shot.token_cap > most.output_tokens:
            return False
        if most.dollars is not None and self.dollars + cost > most.dollars:
            return False
        self.requests, self.tokens, self.dollars = self.requests + 1, self.tokens + shot.token_cap, self.dollars + cost
        return True

    def settle(self, shot: PreparedRequest, tokens: TokenCount) -> None:
        """Put what an answer really had in the place of its cap."""
        self.tokens += tokens.answer - shot.token_cap
        self.dollars += self._cost(tokens) - self._cost(TokenCount(0, shot.token_cap))

    def _cost(self, tokens: TokenCount) -> float:
        return (tokens.prompt * self.prices[0] + tokens.answer * self.prices[1]) / MILLION


def find_highest_prices(target: Target) -> tuple[float, float]:
    """Dollars for a million tokens in and out of the dearest model that is asked; nothing where none is known."""
    asked = set(target.models.values())
    priced = [model.price for model in target.provider.catalogue if model.id in asked and model.price is not None]
    return max((price.input for price in priced), default=0.0), max((price.output for price in priced), default=0.0)
