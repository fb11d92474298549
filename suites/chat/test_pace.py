"""The silences of a streamed answer."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Target, check

# Clients have been seen to drop a stream that was silent for twenty seconds.
SILENT_S = 15.0
# A run whose own deadline is shorter is in more of a hurry than that.
SHARE = 0.5


@check("stream.no-long-silence")
def test_no_long_silence(exchange: Exchange, target: Target) -> None:
    """A stream is never silent for so long that clients give it up: fifteen seconds, or half the idle deadline."""
    expect.event_stream(exchange)
    longest = max((after.at_ns - before.at_ns for before, after in pairwise(exchange.reads)), default=0) / 1e9
    limit = min(SILENT_S, SHARE * target.deadlines.idle)
    expect.condition(longest <= limit, f"at most {limit:g} s without a byte", f"{longest:.1f} s", where="arrival times")
