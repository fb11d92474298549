"""A streamed response that the token cap cuts off."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Undecided, check


@check("responses.cut-said")
def test_cut_said(exchange: Exchange) -> None:
    """A streamed response that the cap cuts off ends with response.incomplete, which gives the reason."""
    place, last = expect.chunks(exchange)[-1]
    response = expect.member(last, "/response", dict, where=place)
    counts = response.get("usage")
    count = counts.get("output_tokens") if isinstance(counts, dict) else None
    short = isinstance(count, int) and count < expect.request_body(exchange)["max_output_tokens"]
    if last.get("type") == "response.completed" and short:
        raise Undecided(f"the response ended by itself with {count} tokens")
    expect.equal(last.get("type"), "response.incomplete", where=place)
    expect.equal(expect.member(last, "/response/status", where=place), "incomplete", where=place)
    reason = expect.member(last, "/response/incomplete_details/reason", where=place)
    expect.equal(reason, "max_output_tokens", where=place)
