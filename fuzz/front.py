"""Any bytes on a connection of the reference server: read alike for every split, and no laxer than h11 reads them.

python fuzz/front.py -dict=fuzz/requests.dict -max_total_time=600 "$(mktemp -d)" fuzz/requests

What the server answers is read by h11 as well. A request that h11 refuses and the server serves is a failure: requests
are smuggled through two servers that disagree on where one ends. The server may be stricter than h11.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import sys
import zlib
from dataclasses import dataclass, field
from itertools import pairwise

import atheris

with atheris.instrument_imports(
    include=["h11", "wireproof.mock.http.http_connection", "wireproof.mock.http.response_writer"]
):
    import h11

    from wireproof.mock.http.http_connection import MAX_HEADERS_SIZE, Connection
from wireproof.contract import loading
from wireproof.mock.application import Application
from wireproof.mock.protocol.messages import HttpRequest, Outgoing
from wireproof.mock.provider.refusals import RequestRefused

AT = 1_800_000_000.0
# The turns of the loop after which an answer that is not complete counts as one that never ends.
MOST_TURNS = 10_000
# RFC 9112 sections 2.2 and 3: a server may skip empty lines before this line, and take several of its spaces for one.
REQUEST_LINE = re.compile(rb"\A[\r\n]*[^\r\n]*\r?\n")
# The method, the headers and the body of a request; a target in absolute form is the server's own to read.
Seen = tuple[str, list[tuple[str, str]], bytes]


class ObservedApplication(Application):
    """An application that remembers the requests that a connection hands over."""

    def __init__(self) -> None:
        super().__init__({"openai": loading.read_providers_data()["openai"]})
        self.served: list[Seen] = []
        self.methods: list[str] = []
        self._is_handling = False

    def handle(self, request: HttpRequest) -> Outgoing:
        headers = [(name, value.strip(" \t")) for name, value in request.headers]
        self.served.append((request.method, headers, request.body))
        self.methods.append(request.method)
        self._is_handling = True
        try:
            return super().handle(request)
        finally:
            self._is_handling = False

    def refuse(self, request: HttpRequest, refusal: RequestRefused) -> Outgoing:
        # The front refuses what it cannot read; the application refuses within its handling.
        if not self._is_handling:
            self.methods.append("GET")
        return super().refuse(request, refusal)

    def begin(self) -> None:
        """Forgets what was, so that equal bytes give equal answers."""
        self.state.reset()
        self.ordinals = itertools.count()
        self.served, self.methods = [], []


class MemoryTransport(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.closed = bytearray(), False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return None

    def write(self, data: bytes) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


@dataclass(frozen=True)
class Outcome:
    """The events of one connection.

    Attributes:
        answers: the status of each answer.
        ended: True if the server closed the connection.
    """

    served: list[Seen]
    answers: list[int] = field(default_factory=list)
    ended: bool = False


CORE = ObservedApplication()
LOOP = asyncio.new_event_loop()


def judge(data: bytes) -> None:
    """Feeds bytes whole and in pieces, and compares the outcomes with each other and with h11's."""
    draw = random.Random(zlib.crc32(data))
    places = sorted(draw.randrange(len(data) + 1) for _ in range(draw.randrange(1, 8)))
    whole, *others = (
        LOOP.run_until_complete(feed(data, cuts)) for cuts in ([], places, list(range(1, len(data)))[:500])
    )
    assert all(other == whole for other in others), f"split at {places}: {others} is not {whole}"
    assert all(status < 500 or status == 505 for status in whole.answers), whole
    second = read_by_h11(data)
    assert whole.served == second[: len(whole.served)], f"served {whole.served}, h11 reads {second}"


async def feed(data: bytes, places: list[int]) -> Outcome:
    """The outcome of a connection that is sent these bytes in pieces that end at these places."""
    CORE.begin()
    transport, connection = MemoryTransport(), Connection(CORE, set(), lambda: AT)
    connection.connection_made(transport)
    for start, end in pairwise([0, *places, len(data)]):
        if not transport.closed:
            connection.data_received(data[start:end])
            await settle(connection, transport)
    outcome = Outcome(list(CORE.served), read_answers(bytes(transport.sent), CORE.methods), transport.closed)
    connection.connection_lost(None)
    return outcome


async def settle(connection: Connection, transport: MemoryTransport) -> None:
    """Lets the loop run until every request that was read is answered."""
    for _ in range(MOST_TURNS):
        await asyncio.sleep(0)
        if transport.closed or connection.is_idle:
            return
    raise AssertionError("an answer never ends")


def read_answers(sent: bytes, methods: list[str]) -> list[int]:
    """The statuses that h11 reads; it raises for bytes that are no answers to these methods."""
    reader, statuses = h11.Connection(h11.CLIENT), []
    reader.receive_data(sent)
    reader.receive_data(b"")
    for method in methods:
        reader.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        reader.send(h11.EndOfMessage())
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            assert event is not h11.NEED_DATA, "an answer is cut"
            if isinstance(event, h11.Response):
                statuses.append(event.status_code)
        if reader.their_state is h11.DONE and reader.our_state is h11.DONE:
            reader.start_next_cycle()
    return statuses


def read_by_h11(data: bytes) -> list[Seen]:
    """The requests that h11 reads before it needs more, refuses, or sees the last one."""
    requests: list[Seen] = []
    while data:
        reader = h11.Connection(h11.SERVER, max_incomplete_event_size=4 * MAX_HEADERS_SIZE)
        reader.receive_data(REQUEST_LINE.sub(with_single_spaces, data, count=1))
        try:
            request = read_one_by_h11(reader)
        except h11.RemoteProtocolError:
            break
        if request is None:
            break
        requests.append(request)
        if reader.our_state is not h11.DONE or reader.their_state is not h11.DONE:
            break
        data, _ = reader.trailing_data
    return requests


def with_single_spaces(line: re.Match[bytes]) -> bytes:
    return re.sub(rb" +", b" ", line[0].lstrip(b"\r\n"))


def read_one_by_h11(reader: h11.Connection) -> Seen | None:
    """The next request, which is then answered; None if it is not complete."""
    method, headers, body = "", list[tuple[str, str]](), b""
    while True:
        event = reader.next_event()
        if isinstance(event, h11.Request):
            method = event.method.decode()
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            # No success, after which CONNECT would leave HTTP.
            reader.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
            reader.send(h11.EndOfMessage())
            return method, headers, body
        else:
            return None


if __name__ == "__main__":
    asyncio.set_event_loop(LOOP)
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
