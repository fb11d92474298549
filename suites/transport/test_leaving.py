"""A client that leaves before the end of an answer."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


def number_ns(left: Exchange) -> float:
    """The time that a number of the count takes at least, by the pace of the stream."""
    times = [chunk.event.at_ns for chunk in left.stream.chunks]
    if not left.left or len(times) < 2:
        raise Inconclusive("the stream ended before the client left")
    opened = (left.headers_ns or left.started_ns) - left.started_ns
    pace = (times[-1] - times[0]) / (len(times) - 1)
    if opened * 2 > pace * (wanted(left) - len(times)):
        raise Inconclusive("the first event of the stream took longer than half of the rest would have")
    return pace


def wanted(exchange: Exchange) -> int:
    """How many numbers are asked for."""
    return int(str(expect.asked(exchange)["messages"][-1]["content"]).split()[-1])


def served_soon(probe: Exchange, rest_ns: float, kind: str) -> None:
    """The next request is answered in less than half the time that the rest of the work would have taken."""
    expect.arrived(probe)
    where = f"request {probe.step + 1}"
    actual = f"{probe.status} with {expect.shown(probe.text)}"
    expect.that(probe.answered, "the next request answered with success", actual, where=where)
    waited = (probe.headers_ns or probe.started_ns) - probe.started_ns
    if waited * 2 >= rest_ns:
        expect.awake(probe, waited - rest_ns / 2)
    actual = f"{waited / 1e9:.2f} s, where the rest of the {kind} would have taken {rest_ns / 1e9:.2f} s"
    expect.that(waited * 2 < rest_ns, f"an answer long before the {kind} that was left is over", actual, where=where)


@check("transport.stops-when-left", any_answer=True)
def test_stops_when_left(exchanges: tuple[Exchange, ...]) -> None:
    """A server with one slot stops working for a client that has left a stream, and serves the next request at once."""
    left, probe = exchanges
    served_soon(probe, number_ns(left) * (wanted(left) - len(left.stream.chunks)), "stream")


@check("transport.stops-when-left-plain", any_answer=True)
def test_stops_when_left_plain(exchanges: tuple[Exchange, ...]) -> None:
    """A server with one slot stops working on a plain answer whose client has left, and serves the next at once."""
    paced, left, probe = exchanges
    if not left.left:
        raise Inconclusive("the answer came before the client left")
    waited = (left.ended_ns or left.started_ns) - left.started_ns
    served_soon(probe, number_ns(paced) * wanted(left) - waited, "answer")
