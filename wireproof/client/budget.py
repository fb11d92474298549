"""Budget of a run: requests, output tokens and cost, debited before each request is sent.

A request is debited at its maximum: the token cap for each choice that it requests. A request without a cap is not
sent if tokens or cost are limited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract.provider import Price, Provider
from wireproof.contract.target import Target
from wireproof.evidence.token_usage import TOKEN_CAPS

# Endpoints whose responses consist of output tokens.
GENERATING_PATHS = ("/chat/completions", "/completions", "/responses")


@dataclass(frozen=True, slots=True)
class CostCeiling:
    """Maximum cost of one request.

    Attributes:
        input: input tokens.
        output: output tokens; None if the request has no cap.
        cost: dollars; None if the price is unknown or the request has no cap.
    """

    input: int
    output: int | None
    cost: float | None


@dataclass(slots=True)
class Budget:
    """Budget of one target.

    Attributes:
        requests: requests debited.
        output: maximum output tokens of these requests.
        cost: maximum cost of these requests in dollars.
    """

    target: Target
    requests: int = 0
    output: int = 0
    cost: float = 0.0

    def debit(self, *outgoing: OutgoingRequest) -> str | None:
        """Debits all these requests or none; returns the reason if the budget does not cover them."""
        target, ceilings = self.target, [find_cost_ceiling(request, self.target) for request in outgoing]
        requests, output, cost = self.requests + len(ceilings), self.output, self.cost
        if target.max_requests is not None and requests > target.max_requests:
            return f"the budget of {target.max_requests} requests is spent"
        for ceiling in ceilings:
            if target.max_output_tokens is not None and ceiling.output is None:
                return "nothing caps its answer, which --max-output-tokens needs"
            if target.max_cost is not None and ceiling.cost is None:
                return "its cost is not known: nothing caps its answer, or its model has no price (--price IN,OUT)"
            output, cost = output + (ceiling.output or 0), cost + (ceiling.cost or 0.0)
        if target.max_output_tokens is not None and output > target.max_output_tokens:
            return f"the budget of {target.max_output_tokens} output tokens is spent"
        if target.max_cost is not None and cost > target.max_cost:
            return f"the budget of ${target.max_cost:g} is spent"
        self.requests, self.output, self.cost = requests, output, cost
        return None


def find_cost_ceiling(outgoing: OutgoingRequest, target: Target) -> CostCeiling:
    """Maximum cost of a request: one input token a byte of JSON, output up to the cap."""
    request, body = outgoing.shown, _parse_object(outgoing)
    if request.method != "POST" or body is None:
        return CostCeiling(0, 0, 0.0)
    # Blanks after the JSON text belong to no prompt.
    size, output = len(request.body), 0 if not request.url.endswith(GENERATING_PATHS) else _output_cap(body)
    price = find_price(body, target)
    # A stored conversation counts as input again, with an unknown number of tokens.
    unknown = price is None or output is None or body.get("previous_response_id") is not None
    return CostCeiling(size, output, None if unknown or price is None else price.cost_of(size, output or 0))


def find_price(body: Mapping[str, Any], target: Target) -> Price | None:
    """Price of the model that a body names: the price of the run, else that of the catalogue."""
    return target.price or _catalogue_prices(target.provider).get(str(body.get("model")))


def _catalogue_prices(provider: Provider) -> dict[str, Price]:
    return {model.id: model.price for model in provider.catalogue if model.price is not None}


def _parse_object(outgoing: OutgoingRequest) -> Mapping[str, Any] | None:
    """The body as a JSON object; None if it is not one, so that no model can run."""
    try:
        body = json.loads(outgoing.shown.body)
    except RecursionError:  # nested too deep for this parser, but maybe not for the server
        return {}
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _output_cap(body: Mapping[str, Any]) -> int | None:
    """Maximum output tokens of a request body; None if it has no cap."""
    caps = [body[name] for name in TOKEN_CAPS if body.get(name) is not None]
    if not caps or any(not isinstance(cap, int) or isinstance(cap, bool) or cap < 0 for cap in caps):
        return None
    return int(max(caps)) * _choice_count(body)


def _choice_count(body: Mapping[str, Any]) -> int:
    """Number of generated answers: `n` or the larger `best_of`, for each prompt."""
    counts = [body.get(name) for name in ("n", "best_of")]
    choices = max((count for count in counts if isinstance(count, int) and count > 0), default=1)
    prompt = body.get("prompt")
    is_batch = isinstance(prompt, list) and any(isinstance(item, str | list) for item in prompt)
    return choices * (len(prompt) if is_batch and isinstance(prompt, list) else 1)
