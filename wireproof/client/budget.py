"""What a run may spend at most: requests, tokens of answers, money. Everything is debited before it leaves.

A request is debited at the most that its answer may have: what it caps, for each of the choices it asks for. What
nothing caps is not sent where tokens or money are limited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract.provider import Price, Provider
from wireproof.contract.target import Target

# The endpoints whose answers a model makes of tokens.
GENERATING_PATHS = ("/chat/completions", "/completions", "/responses")
CAP_MEMBERS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class CostCeiling:
    """The most that one request may cost.

    Attributes:
        output: None where nothing caps the answer.
        cost: in dollars; None where the price is not known, or nothing caps the answer.
    """

    input: int
    output: int | None
    cost: float | None


@dataclass(slots=True)
class Budget:
    """What one target may still be asked; the sums are of ceilings, so that no answer can exceed them."""

    target: Target
    requests: int = 0
    output: int = 0
    cost: float = 0.0

    def debit(self, *outgoing: OutgoingRequest) -> str | None:
        """Take what these requests may cost, all or none of them; says why there is not enough left for them."""
        target, ceilings = self.target, [find_cost_ceiling(one, self.target) for one in outgoing]
        requests, output, cost = self.requests + len(ceilings), self.output, self.cost
        if target.max_requests is not None and requests > target.max_requests:
            return f"the budget of {target.max_requests} requests is spent"
        for one in ceilings:
            if target.max_output_tokens is not None and one.output is None:
                return "nothing caps its answer, which --max-output-tokens needs"
            if target.max_cost is not None and one.cost is None:
                return "its cost is not known: nothing caps its answer, or its model has no price (--price IN,OUT)"
            output, cost = output + (one.output or 0), cost + (one.cost or 0.0)
        if target.max_output_tokens is not None and output > target.max_output_tokens:
            return f"the budget of {target.max_output_tokens} output tokens is spent"
        if target.max_cost is not None and cost > target.max_cost:
            return f"the budget of ${target.max_cost:g} is spent"
        self.requests, self.output, self.cost = requests, output, cost
        return None


def find_cost_ceiling(outgoing: OutgoingRequest, target: Target) -> CostCeiling:
    """The most that a request may cost: no token is shorter than a byte, and no answer longer than its cap."""
    request, body = outgoing.shown, _parse_object(outgoing)
    if request.method != "POST" or body is None:
        return CostCeiling(0, 0, 0.0)
    size, output = len(request.body_with_blanks), 0 if not request.url.endswith(GENERATING_PATHS) else _output_cap(body)
    price = find_price(body, target)
    # What came before counts again where a request goes on from it.
    unknown = price is None or output is None or body.get("previous_response_id") is not None
    return CostCeiling(size, output, None if unknown or price is None else price.cost_of(size, output or 0))


def find_price(body: Mapping[str, Any], target: Target) -> Price | None:
    """The price of the model that a body names: the one given for this run, else that of the catalogue."""
    return target.price or _catalogue_prices(target.provider).get(str(body.get("model")))


def _catalogue_prices(provider: Provider) -> dict[str, Price]:
    return {model.id: model.price for model in provider.catalogue if model.price is not None}


def _parse_object(outgoing: OutgoingRequest) -> Mapping[str, Any] | None:
    """The body as a JSON object; None where it is none, so that no model can be asked by it."""
    try:
        body = json.loads(outgoing.shown.body)
    except RecursionError:  # deeper than we read, which says nothing of what the server reads
        return {}
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _output_cap(body: Mapping[str, Any]) -> int | None:
    """The most tokens of the answer to a body; None where nothing caps them."""
    given = [body[name] for name in CAP_MEMBERS if body.get(name) is not None]
    if not given or any(not isinstance(cap, int) or isinstance(cap, bool) or cap < 0 for cap in given):
        return None
    return int(max(given)) * _choice_count(body)


def _choice_count(body: Mapping[str, Any]) -> int:
    """How many answers are made: the choices asked for, or more of which the best are given, for each prompt."""
    asked = [body.get(name) for name in ("n", "best_of")]
    most = max((count for count in asked if isinstance(count, int) and count > 0), default=1)
    prompt = body.get("prompt")
    several = isinstance(prompt, list) and any(isinstance(one, str | list) for one in prompt)
    return most * (len(prompt) if several and isinstance(prompt, list) else 1)
