"""Hosted tools of the Responses API."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check


@check("responses.hosted-called")
def test_hosted_called(exchange: Exchange) -> None:
    """A hosted tool that must be used is used, by an item of its kind, or refused."""
    if not exchange.is_success:
        expect.require_no_rate_limit(exchange)
        expect.client_error(exchange)
        return
    output = expect.member(expect.answer(exchange), "/output", list)
    wanted = [f"{tool['type']}_call" for tool in expect.request_body(exchange)["tools"]]
    kinds = [item.get("type") for item in output if isinstance(item, dict)]
    expect.condition(any(kind in wanted for kind in kinds), f"an item of {' or '.join(wanted)}", kinds, at="/output")
