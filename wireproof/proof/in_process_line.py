"""The bundled server asked without a connection: what a courier would hear from it, in no time.

The core says the same whether a socket carries it or not, so that what a fault makes it say can be judged without
one. How a fault puts it on the wire (framing, resets, hangs) needs the connection to show.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from wireproof.client.partial_response import PartialResponse
from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract.case import Case
from wireproof.contract.provider import Provider
from wireproof.evidence.exchange import BodyRead, Exchange, TransportFailure
from wireproof.formats.http_framing import interim_statuses
from wireproof.mock.dry_run import DRY_RUN_TIME, DryRun, DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp

SECOND_NS = 1_000_000_000
# As long as any live start: times are told from it, and none is before it.
START_NS = 1_000 * SECOND_NS
GAP_S = 0.004


class InProcessPool:
    """The other end of a courier for one case after another.

    Attributes:
        received: what was heard since the case began.
        ops: what was done for each of it.
    """

    def __init__(self, provider: Provider) -> None:
        self._rehearsal = DryRun({provider.name: provider.data}, gap_s=GAP_S)
        self.received: list[HttpRequest] = []
        self.ops: list[Ops] = []
        self._at = DRY_RUN_TIME

    def begin_case(self) -> None:
        """The next case meets a server that has seen nobody."""
        self._rehearsal.reset()
        self.received, self.ops, self._at = [], [], DRY_RUN_TIME

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """What is heard of one request."""
        return self.receive(outgoing)[1]

    @contextlib.asynccontextmanager
    async def own_connections(self, connections: int) -> AsyncIterator[InProcessConnection]:
        """Connections that only one case uses; what goes over several of them is under way at once."""
        line = InProcessConnection(self, together=connections > 1)
        yield line
        for received in line.under_way:
            self._rehearsal.finish(received)

    def receive(
        self, outgoing: OutgoingRequest, *, after: int = 0, stays: bool = False
    ) -> tuple[HttpRequest, PartialResponse]:
        """A request as the server hears it, and what is heard of it."""
        received = replace(_build_http_request(outgoing), previous_status=after, at=self._at)
        self.received.append(self._rehearsal.with_account_state(received))
        ops = self._rehearsal.ops(received, stays=True)
        answer = _response_from_ops(ops, outgoing.leave_after, outgoing.leave_in)
        if not stays:
            self._rehearsal.finish(received, left=answer.left)
            self._at += ((answer.ended_ns or START_NS) - START_NS) / SECOND_NS
        self.ops.append(ops)
        return received, answer

    def case_steps(self) -> tuple[DryRunStep, ...]:
        """The requests of the case just sent, each with what the server says to it; none where it said otherwise."""
        done, takes = list(self.ops), self._rehearsal.record_steps(self.received)
        return takes if [_bytes_put(take.ops) for take in takes] == [_bytes_put(ops) for ops in done] else ()

    def replayable_steps(self, case: Case, exchanges: Sequence[Exchange]) -> tuple[DryRunStep, ...]:
        """The requests of the case just sent, to be answered under a fault without being made again.

        None where a later request takes something out of an earlier answer, or where an exchange holds more than
        what was done for its request.
        """
        done, takes = list(self.ops), self.case_steps()
        if case.has_own_connections or any(ask.save or ask.slots for ask in case.asks) or len(exchanges) != len(takes):
            return ()
        again = [exchange_with_ops(*pair) for pair in zip(exchanges, done, strict=True)]
        return takes if again == list(exchanges) and [take.ops for take in takes] == done else ()

    def is_unaffected(self, takes: Sequence[DryRunStep], fault: Fault) -> bool:
        """Whether a fault that leaves the framing as it is changes nothing of what is said to these requests."""
        return self._rehearsal.is_unaffected(takes, fault)

    def replay_under(self, takes: Sequence[DryRunStep], fault: Fault) -> tuple[Ops, ...]:
        """What is done under a fault for requests that were made before."""
        return self._rehearsal.replay_under(takes, fault)


class InProcessConnection:
    """The connections of one case: one that it keeps, or one for each of several requests.

    Attributes:
        under_way: the requests that were sent together.
    """

    def __init__(self, server: InProcessPool, *, together: bool) -> None:
        self._server, self._together = server, together
        self._number, self._after = 1, 0
        self.under_way: list[HttpRequest] = []

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """What is heard of one request."""
        received, answer = self._server.receive(outgoing, after=self._after, stays=self._together)
        answer.connection, self._after = self._number, answer.status or 0
        if self._together:
            self.under_way.append(received)
            self._number, self._after = self._number + 1, 0
        return answer


def exchange_with_ops(exchange: Exchange, ops: Ops, header: Iterable[tuple[str, str]] = ()) -> Exchange:
    """The exchange with another answer to the same request, which asks for that in a header."""
    return Exchange.from_response(
        _response_from_ops(ops),
        replace(exchange.request, headers=(*exchange.request.headers, *header)),
        target=exchange.target,
        case=exchange.case,
        endpoint=exchange.endpoint,
        step=exchange.step,
        retries=exchange.retries,
    )


def _bytes_put(ops: Ops) -> list[tuple[str, bytes]]:
    """What is put on a connection, whenever that is."""
    return [(op.kind, op.data) for op in ops if op.data and op.kind != "interim"]


def _build_http_request(outgoing: OutgoingRequest) -> HttpRequest:
    url = urlsplit(outgoing.shown.url)
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    return HttpRequest(
        outgoing.shown.method, url.path, url.query, headers, outgoing.shown.body_with_blanks, DRY_RUN_TIME
    )


def _response_from_ops(ops: Ops, leave_after: int | None = None, leave_in: float | None = None) -> PartialResponse:
    answer = PartialResponse(sent_at=DRY_RUN_TIME, started_ns=START_NS)
    answer.headers_ns = answer.ended_ns = START_NS
    events = 0
    for op in ops:
        if leave_in is not None and op.due_s > leave_in:
            answer.left = answer.truncated = True
            answer.ended_ns = START_NS + round(leave_in * SECOND_NS)
            break
        if op.kind == "head":
            _read_head(op, answer)
        elif op.kind == "interim":
            answer.interim = interim_statuses(op.data)
        elif op.kind in ("body", "chunk") and op.data:
            answer.ended_ns = START_NS + round(op.due_s * SECOND_NS)
            answer.reads.append(BodyRead(answer.ended_ns, op.data))
            events += op.data.count(b"\n\n")
            if leave_after and leave_after == events:
                answer.left = answer.truncated = True
                break
        elif op.data or op.kind not in ("body", "chunk", "last", "raw"):
            answer.broken = TransportFailure("protocol", "only a connection shows this", op.data)
    return answer


def _read_head(op: WireOp, answer: PartialResponse) -> None:
    answer.headers_ns = answer.ended_ns = START_NS + round(op.due_s * SECOND_NS)
    first, *lines = op.data.rstrip(b"\r\n").split(b"\r\n")
    version, status, *_ = first.split(b" ")
    answer.http_version, answer.status = version.decode(), int(status)
    answer.headers = tuple((name, value.strip()) for name, _, value in (line.partition(b":") for line in lines))
