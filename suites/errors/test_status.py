"""The status of a refusal, where the contract would accept several."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Case, Exchange, NotOffered, Provider, check


@check("errors.usual-status")
def test_usual_status(exchange: Exchange, case: Case, provider: Provider) -> None:
    """A refusal has the status that clients expect for its cause, the first of those that the contract accepts."""
    wanted = provider.refusals.get(case.refused or "")
    if wanted is None:
        raise NotOffered(f"the contract names no refusal for {case.refused}")
    # A status that is no refusal at all, or one of another cause, is the business of errors.refused.
    if exchange.status in wanted.status:
        expect.status(exchange, wanted.status[0])
