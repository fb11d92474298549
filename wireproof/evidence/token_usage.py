"""Requests and tokens that a run used, as the responses count them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.evidence.exchange import Exchange, find_usage


@dataclass(slots=True)
class TokenUsage:
    """Totals of a run.

    Attributes:
        requests: requests sent, retries included.
        input: input tokens.
        output: output tokens.
    """

    requests: int = 0
    input: int = 0
    output: int = 0

    def add(self, exchange: Exchange) -> None:
        """Adds one exchange and the tokens that its response states."""
        usage = find_usage(exchange)
        self.requests += 1 + len(exchange.retries)
        self.input += _first_count(usage, "prompt_tokens", "input_tokens")
        self.output += _first_count(usage, "completion_tokens", "output_tokens")

    def merge(self, other: Mapping[str, int]) -> None:
        """Adds the totals of another process."""
        self.requests += other["requests"]
        self.input += other["input"]
        self.output += other["output"]


def _first_count(usage: Any, *names: str) -> int:
    counts = (usage.get(name) for name in names)
    return next((count for count in counts if isinstance(count, int) and count > 0), 0)
