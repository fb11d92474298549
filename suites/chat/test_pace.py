"""The pauses of a streamed answer."""

from __future__ import annotations

from itertools import pairwise

from wireproof import expect
from wireproof.check import Exchange, Target, check

# Some clients drop a stream that was silent for twenty seconds.
LONGEST_SILENCE_S = 15.0
# A run with a short idle deadline demands shorter pauses.
SHARE_OF_DEADLINE = 0.5


@check("stream.no-long-silence")
def test_no_long_silence(exchange: Exchange, target: Target) -> None:
    """A stream is never silent for so long that clients give it up: fifteen seconds, or half the idle deadline."""
    expect.event_stream(exchange)
    longest = max((after.at_ns - before.at_ns for before, after in pairwise(exchange.reads)), default=0) / 1e9
    limit = min(LONGEST_SILENCE_S, SHARE_OF_DEADLINE * target.deadlines.idle)
    expect.condition(longest <= limit, f"at most {limit:g} s without a byte", f"{longest:.1f} s", where="arrival times")
