"""The bundled server asked without a connection: what a courier would hear from it, in no time.

The core says the same whether a socket carries it or not, so that what a fault makes it say can be judged without
one. How a fault puts it on the wire (framing, resets, hangs) needs the connection to show.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from wireproof.answer import Answer
from wireproof.exchange import Break, Read
from wireproof.mock.message import Op, Ops, Received
from wireproof.mock.rehearsal import NOW, Rehearsal
from wireproof.provider import Provider
from wireproof.render import Outgoing

SECOND_NS = 1_000_000_000
# As long as any live start: times are told from it, and none is before it.
START_NS = 1_000 * SECOND_NS
GAP_S = 0.004


class Rehearsed:
    """The other end of a courier for one case after another; `ops` is what was done since the case began."""

    def __init__(self, provider: Provider) -> None:
        self._rehearsal = Rehearsal({provider.name: provider.data}, gap_s=GAP_S)
        self.ops: list[Ops] = []

    def begin(self) -> None:
        """The next case meets a server that has seen nobody."""
        self._rehearsal.begin()
        self.ops = []

    async def send(self, outgoing: Outgoing) -> Answer:
        """What is heard of one request."""
        ops = self._rehearsal.ops(_received(outgoing))
        self.ops.append(ops)
        return _heard(ops)


def _received(outgoing: Outgoing) -> Received:
    url = urlsplit(outgoing.shown.url)
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    return Received(outgoing.shown.method, url.path, url.query, headers, outgoing.shown.whole, NOW)


def _heard(ops: Ops) -> Answer:
    answer = Answer(sent_at=NOW, started_ns=START_NS)
    answer.headers_ns = answer.ended_ns = START_NS
    for op in ops:
        if op.kind == "head":
            _head(op, answer)
        elif op.kind in ("body", "chunk") and op.data:
            answer.ended_ns = START_NS + round(op.due_s * SECOND_NS)
            answer.reads.append(Read(answer.ended_ns, op.data))
        elif op.kind not in ("body", "chunk", "last"):
            answer.broken = Break("protocol", "only a connection shows this", op.data)
    return answer


def _head(op: Op, answer: Answer) -> None:
    first, *lines = op.data.rstrip(b"\r\n").split(b"\r\n")
    version, status, *_ = first.split(b" ")
    answer.http_version, answer.status = version.decode(), int(status)
    answer.headers = tuple((name, value.strip()) for name, _, value in (line.partition(b":") for line in lines))
