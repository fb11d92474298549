"""Sends requests to the mock without a socket, and makes the responses that a sender would read.

The mock answers the same with and without a socket, so most faults can be judged without one. Faults of framing
(resets, hangs, broken heads) need a socket.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
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
# The clock value at which every dry exchange starts.
START_NS = 1_000 * SECOND_NS
GAP_S = 0.004
# Nothing is sent to it.
DRY_ORIGIN = "http://127.0.0.1:1"


def dry_address(provider: Provider) -> str:
    """The base URL of a provider on the mock in this process."""
    return f"{DRY_ORIGIN}{provider.data['serve_at']}"


def mock_entry(provider: Provider) -> Mapping[str, Mapping[str, Any]]:
    """The entry of a provider as a reference server takes it."""
    return {provider.name: provider.data}


class InProcessPool:
    """A connection pool to an in-process mock, for one case after another.

    Attributes:
        received: the requests received since the case began.
        ops: the operations of the server, one group per request.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._dry_run = DryRun(mock_entry(provider), gap_s=GAP_S)
        self.received: list[HttpRequest] = []
        self.ops: list[Ops] = []
        self._at = DRY_RUN_TIME

    def begin_case(self) -> None:
        """Resets the server for the next case."""
        self._dry_run.reset()
        self.received, self.ops, self._at = [], [], DRY_RUN_TIME

    @property
    def request_defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Endpoint → member of its requests → the default that the contract names."""
        rules = self._provider.data.get("requests", {})
        fields = {endpoint: rule.get("fields", {}) for endpoint, rule in rules.items()}
        return {
            endpoint: {name: row["default"] for name, row in rows.items() if "default" in row}
            for endpoint, rows in fields.items()
        }

    def admit_fault(self, fault: Fault) -> None:
        """Makes a fault known that is not in the catalogue."""
        self._dry_run.admit_fault(fault)

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Returns the response to one request."""
        return self.receive(outgoing)[1]

    @contextlib.asynccontextmanager
    async def own_connections(self, connections: int) -> AsyncIterator[InProcessConnection]:
        """Yields connections for one case alone; requests over several connections are concurrent."""
        connection = InProcessConnection(self, together=connections > 1)
        yield connection
        for received in connection.open_requests:
            self._dry_run.finish(received)

    def receive(
        self, outgoing: OutgoingRequest, *, after: int = 0, stays: bool = False
    ) -> tuple[HttpRequest, PartialResponse]:
        """Handles a request; returns it as the server received it, and the response.

        Args:
            after: the status of the previous response on the connection; 0 for its first request.
            stays: the request stays open, as one of several concurrent requests.
        """
        received = replace(_build_http_request(outgoing), previous_status=after, at=self._at)
        self.received.append(self._dry_run.with_account_state(received))
        ops = self._dry_run.ops(received, stays=True)
        response = _response_from_ops(ops, outgoing.leave_after, outgoing.leave_in)
        if not stays:
            self._dry_run.finish(received, left=response.left)
            self._at += ((response.ended_ns or START_NS) - START_NS) / SECOND_NS
        self.ops.append(ops)
        return received, response

    def case_steps(self) -> tuple[DryRunStep, ...]:
        """The requests of the case just sent with their answers; empty if a repetition gives other answers."""
        sent_ops, steps = list(self.ops), self._dry_run.record_steps(self.received)
        return steps if [_wire_bytes(step.ops) for step in steps] == [_wire_bytes(ops) for ops in sent_ops] else ()

    def replayable_steps(self, case: Case, exchanges: Sequence[Exchange]) -> tuple[DryRunStep, ...]:
        """The requests of the case just sent, if they can be answered under a fault without being built again.

        Empty if a request uses a value of an earlier response, or if an exchange does not follow from the operations
        of the server alone.
        """
        sent_ops, steps = list(self.ops), self.case_steps()
        if case.has_own_connections or any(ask.save or ask.slots for ask in case.asks) or len(exchanges) != len(steps):
            return ()
        rebuilt = [exchange_with_ops(*pair) for pair in zip(exchanges, sent_ops, strict=True)]
        return steps if rebuilt == list(exchanges) and [step.ops for step in steps] == sent_ops else ()

    def is_unaffected(self, steps: Sequence[DryRunStep], fault: Fault) -> bool:
        """True if a fault that does not alter framing leaves the answers to these requests unchanged."""
        return self._dry_run.is_unaffected(steps, fault)

    def replay_under(self, steps: Sequence[DryRunStep], fault: Fault) -> tuple[Ops, ...]:
        """The operations of the server for these requests under a fault, one group per request."""
        return self._dry_run.replay_under(steps, fault)


class InProcessConnection:
    """The connections of one case: one persistent connection, or one for each of several concurrent requests.

    Attributes:
        open_requests: the concurrent requests.
    """

    def __init__(self, server: InProcessPool, *, together: bool) -> None:
        self._server, self._together = server, together
        self._number, self._previous_status = 1, 0
        self.open_requests: list[HttpRequest] = []

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Returns the response to one request."""
        received, response = self._server.receive(outgoing, after=self._previous_status, stays=self._together)
        response.connection, self._previous_status = self._number, response.status or 0
        if self._together:
            self.open_requests.append(received)
            self._number, self._previous_status = self._number + 1, 0
        return response


def exchange_with_ops(exchange: Exchange, ops: Ops, header: Iterable[tuple[str, str]] = ()) -> Exchange:
    """The exchange with the response of these operations, and with more headers in its request."""
    return Exchange.from_response(
        _response_from_ops(ops),
        replace(exchange.request, headers=(*exchange.request.headers, *header)),
        target=exchange.target,
        case=exchange.case,
        endpoint=exchange.endpoint,
        step=exchange.step,
        retries=exchange.retries,
    )


def _wire_bytes(ops: Ops) -> list[tuple[str, bytes]]:
    """The bytes that operations put on a connection, without their times."""
    return [(op.kind, op.data) for op in ops if op.data and op.kind != "interim"]


def _build_http_request(outgoing: OutgoingRequest) -> HttpRequest:
    url = urlsplit(outgoing.shown.url)
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    return HttpRequest(
        outgoing.shown.method, url.path, url.query, headers, outgoing.shown.body_with_blanks, DRY_RUN_TIME
    )


def _response_from_ops(ops: Ops, leave_after: int | None = None, leave_in: float | None = None) -> PartialResponse:
    response = PartialResponse(sent_at=DRY_RUN_TIME, started_ns=START_NS)
    response.headers_ns = response.ended_ns = START_NS
    events = 0
    for op in ops:
        if leave_in is not None and op.due_s > leave_in:
            response.left = response.truncated = True
            response.ended_ns = START_NS + round(leave_in * SECOND_NS)
            break
        if op.kind == "head":
            _read_head(op, response)
        elif op.kind == "interim":
            response.interim = interim_statuses(op.data)
        elif op.kind in ("body", "chunk") and op.data:
            response.ended_ns = START_NS + round(op.due_s * SECOND_NS)
            response.reads.append(BodyRead(response.ended_ns, op.data))
            events += op.data.count(b"\n\n")
            if leave_after and leave_after == events:
                response.left = response.truncated = True
                break
        elif op.data or op.kind not in ("body", "chunk", "last", "raw"):
            response.broken = TransportFailure("protocol", "only a connection shows this", op.data)
    return response


def _read_head(op: WireOp, response: PartialResponse) -> None:
    response.headers_ns = response.ended_ns = START_NS + round(op.due_s * SECOND_NS)
    first, *lines = op.data.rstrip(b"\r\n").split(b"\r\n")
    version, status, *_ = first.split(b" ")
    response.http_version, response.status = version.decode(), int(status)
    response.headers = tuple((name, value.strip()) for name, _, value in (line.partition(b":") for line in lines))
