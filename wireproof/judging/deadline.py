"""A deadline of ours that passed: no breach of the server's, since another client may wait longer."""

from __future__ import annotations

from wireproof.evidence.exchange import Exchange
from wireproof.judging.check import TimedOut


def require_in_time(*exchanges: Exchange) -> None:
    """Raises TimedOut for the first response that a deadline cut off."""
    __tracebackhide__ = True
    for exchange in exchanges:
        if is_cut_by_deadline(exchange):
            raise TimedOut(passed_deadline_text(exchange))


def is_cut_by_deadline(exchange: Exchange) -> bool:
    """True if a deadline passed before the response ended; an event stream ends with `[DONE]`."""
    if exchange.broken is None or not exchange.broken.is_deadline:
        return False
    return exchange.content_type != "text/event-stream" or exchange.stream.done is None


def passed_deadline_text(exchange: Exchange) -> str:
    """The deadline that passed, the bytes that had come, and the remedy, in one sentence."""
    assert exchange.broken is not None
    kind, size = exchange.broken.kind, sum(len(read.data) for read in exchange.reads)
    return (
        f"our deadline passed: {exchange.broken.detail}, after {size} bytes of the body; "
        f"allow more time with --deadline {kind}=SECONDS"
    )
