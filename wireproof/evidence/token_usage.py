"""What a run cost: requests, and tokens as the answers count them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.evidence.exchange import Exchange, find_usage


@dataclass(slots=True)
class TokenUsage:
    """What a run cost."""

    requests: int = 0
    input: int = 0
    output: int = 0

    def add(self, exchange: Exchange) -> None:
        """Count one exchange and the tokens that its answer says it used."""
        usage = find_usage(exchange)
        self.requests += 1 + len(exchange.retries)
        self.input += _first_count(usage, "prompt_tokens", "input_tokens")
        self.output += _first_count(usage, "completion_tokens", "output_tokens")

    def merge(self, other: Mapping[str, int]) -> None:
        """Add what another process spent."""
        self.requests += other["requests"]
        self.input += other["input"]
        self.output += other["output"]


def _first_count(usage: Any, *names: str) -> int:
    counts = (usage.get(name) for name in names)
    return next((count for count in counts if isinstance(count, int) and count > 0), 0)
