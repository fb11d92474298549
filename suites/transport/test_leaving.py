"""A client that leaves before the end of a stream."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


def rest_ns(left: Exchange) -> float:
    """How much longer the stream would have taken at least, by its own pace and the numbers it was to count."""
    times = [chunk.event.at_ns for chunk in left.stream.chunks]
    if not left.left or len(times) < 2:
        raise Inconclusive("the stream ended before the client left")
    numbers = int(str(expect.asked(left)["messages"][-1]["content"]).split()[-1])
    return (times[-1] - times[0]) / (len(times) - 1) * (numbers - len(times))


@check("transport.stops-when-left", any_answer=True)
def test_stops_when_left(exchanges: tuple[Exchange, ...]) -> None:
    """A server with one slot stops working for a client that has left, and serves the next request at once."""
    left, probe = exchanges
    rest = rest_ns(left)
    expect.arrived(probe)
    actual = f"{probe.status} with {expect.shown(probe.text)}"
    expect.that(probe.answered, "the next request answered with success", actual, where="request 2")
    waited = (probe.headers_ns or probe.started_ns) - probe.started_ns
    opened = (left.headers_ns or left.started_ns) - left.started_ns
    if opened * 2 > rest:
        raise Inconclusive("the first event of the stream took longer than half of the rest would have")
    actual = f"{waited / 1e9:.2f} s, where the rest of the stream would have taken {rest / 1e9:.2f} s"
    expect.that(waited * 2 < rest, "an answer long before the stream that was left is over", actual, where="request 2")
