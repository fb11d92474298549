"""The words of the columns that a run has: the outcome that counts a verdict, and the promise that a column judges."""

from __future__ import annotations

from wireproof.contract.clause import WIRE
from wireproof.judging.verdict import Verdict


def outcome_column(verdict: Verdict) -> str:
    """The column of the outcome tables that counts a verdict: its outcome; for a failure its level."""
    return verdict.level if verdict.outcome == "fail" else verdict.outcome


def column_name(contract: str, own: str | None) -> str:
    """The name of a column in a few words.

    Args:
        own: the provider whose document is the target's own contract.
    """
    if contract == WIRE:
        return "the wire"
    return "own document" if contract == own else "OpenAI"


# The option `--authority` → the columns that fail the run.
GATING_COLUMNS = {
    "document": "the own document and the wire",
    "openai": "OpenAI's document and the wire",
    "wire": "the wire",
    "all": "every column",
}


def promise_text(contract: str, own: str | None) -> str:
    """The promise that a column judges, as a heading that says nothing of the result.

    Args:
        own: the provider whose document is the target's own contract.
    """
    if contract == WIRE:
        return "the wire: rules on which any client relies"
    if contract != own:
        return "OpenAI compatibility"
    return "conformance to OpenAI's document" if contract == "openai" else "conformance to its own document"
