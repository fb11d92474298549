"""The members that cap and count tokens, and the requests and tokens that a run used, as the responses count them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.evidence.exchange import Exchange, find_usage
from wireproof.formats.answer_bounds import MAX_TOKEN_COUNT

# The members of a request that cap the tokens of its answer.
TOKEN_CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
# The members of a usage object that count the tokens of the prompt and of the answer: of a chat, and of a response.
PROMPT_COUNTS = ("prompt_tokens", "input_tokens")
ANSWER_COUNTS = ("completion_tokens", "output_tokens")


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
        self.input += _first_count(usage, *PROMPT_COUNTS)
        self.output += _first_count(usage, *ANSWER_COUNTS)

    def merge(self, other: Mapping[str, int]) -> None:
        """Adds the totals of another process."""
        self.requests += other["requests"]
        self.input += other["input"]
        self.output += other["output"]


def stated_count(usage: Mapping[str, Any], names: Iterable[str]) -> int | None:
    """The first of these members that is a whole number; None if none is."""
    return next((usage[name] for name in names if type(usage.get(name)) is int), None)


def _first_count(usage: Any, *names: str) -> int:
    counts = (usage.get(name) for name in names)
    return next((count for count in counts if type(count) is int and 0 < count <= MAX_TOKEN_COUNT), 0)
