"""The usual status of a refusal for which the contract accepts several."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Case, Exchange, NotOffered, Provider, check


@check("errors.usual-status")
def test_usual_status(exchange: Exchange, case: Case, provider: Provider) -> None:
    """A refusal has the status that clients expect for its cause, the first of those that the contract accepts."""
    wanted = provider.refusals.get(case.refused or "")
    if wanted is None:
        raise NotOffered(f"the contract names no refusal for {case.refused}")
    # A status of success, or of another cause, is judged by errors.refused.
    if exchange.status in wanted.status:
        expect.status(exchange, wanted.status[0])
