"""A client that disconnects before the end of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


def time_per_number_ns(left: Exchange) -> float:
    """The nanoseconds between two numbers of a streamed count. Raises Inconclusive if the stream is too short."""
    times = [chunk.event.at_ns for chunk in left.stream.chunks]
    if not left.left or len(times) < 2:
        raise Inconclusive("the stream ended before the client left")
    opened = (left.headers_ns or left.started_ns) - left.started_ns
    pace = (times[-1] - times[0]) / (len(times) - 1)
    if opened * 2 > pace * (count_of_numbers(left) - len(times)):
        raise Inconclusive("the first event of the stream took longer than half the time of the rest")
    return pace


def count_of_numbers(exchange: Exchange) -> int:
    """The number of numbers that the request demands."""
    return int(str(expect.request_body(exchange)["messages"][-1]["content"]).split()[-1])


def is_served_soon(probes: Sequence[tuple[Exchange, float]], kind: str) -> None:
    """Raises Violation unless the next request is answered in half the time of the abandoned work.

    Each probe comes with that time, in nanoseconds. A server that pauses once is late once; one that does not stop the
    work is late after every client that left.
    """
    for probe, _ in probes:
        expect.complete(probe)
        where = f"request {probe.step + 1}"
        actual = f"{probe.status} with {expect.display_text(probe.text)}"
        expect.condition(probe.is_success, "the next request answered with success", actual, where=where)
    late = [(probe, rest_ns) for probe, rest_ns in probes if time_to_head_ns(probe) * 2 >= rest_ns]
    if late and len(late) < len(probes):
        raise Inconclusive(f"the next request waited after {len(late)} of {len(probes)} that were left")
    if late:
        probe, rest_ns = late[0]
        waited = time_to_head_ns(probe)
        expect.no_local_stall(probe, waited - rest_ns / 2)
        actual = f"{waited / 1e9:.2f} s, where the rest of the {kind} would have taken {rest_ns / 1e9:.2f} s"
        where = f"request {probe.step + 1}"
        expect.condition(False, f"an answer long before the {kind} that was left is over", actual, where=where)


def time_to_head_ns(probe: Exchange) -> int:
    """The nanoseconds from the start of a request to the head of its answer."""
    return (probe.headers_ns or probe.started_ns) - probe.started_ns


def rest_of_stream_ns(left: Exchange) -> float:
    """The nanoseconds that the rest of an abandoned stream would have taken."""
    return time_per_number_ns(left) * (count_of_numbers(left) - len(left.stream.chunks))


def rest_of_plain_ns(paced: Exchange, left: Exchange) -> float:
    """The nanoseconds that the rest of an abandoned plain answer would have taken, by the pace of an equal stream."""
    if not left.left:
        raise Inconclusive("the answer came before the client left")
    return time_per_number_ns(paced) * count_of_numbers(left) - ((left.ended_ns or left.started_ns) - left.started_ns)


@check("transport.stops-when-left", any_answer=True)
def test_stops_when_left(exchanges: tuple[Exchange, ...]) -> None:
    """A server with one slot stops working for a client that has left a stream, and serves the next request at once."""
    probes = [(probe, rest_of_stream_ns(left)) for left, probe in zip(exchanges[::2], exchanges[1::2], strict=True)]
    is_served_soon(probes, "stream")


@check("transport.stops-when-left-plain", any_answer=True)
def test_stops_when_left_plain(exchanges: tuple[Exchange, ...]) -> None:
    """A server with one slot stops working on a plain answer whose client has left, and serves the next at once."""
    turns = zip(exchanges[::3], exchanges[1::3], exchanges[2::3], strict=True)
    is_served_soon([(probe, rest_of_plain_ns(paced, left)) for paced, left, probe in turns], "answer")
