"""One request that shows a fault: found without a socket, then sent to a faultless and to a faulty server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wireproof.client.sender import Sender
from wireproof.contract import loading, target_options
from wireproof.contract.case import Case
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.mock.accounts.fault_counts import FaultOrder
from wireproof.mock.accounts.server_state import StartState
from wireproof.mock.dry_run import DRY_RUN_TIME, DryRun, with_fixed_date
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import HttpRequest, Ops
from wireproof.mock.server import Server, serve_in_thread
from wireproof.proof.in_process_line import GAP_S, InProcessPool, dry_address, mock_entry
from wireproof.report.docs.kill_matrix_page import KillMatrix

# A server that has sent all it will send is given this time to close.
QUIET_S = 1.0
MAX_ASKED_S = 30.0
PROFILE_ORDER = ("core", "full", None)


@dataclass(frozen=True, slots=True)
class ShownFault:
    """A request with its two answers.

    Attributes:
        requests: the number of requests of the case up to this one, which were sent before it in their order.
        end, faulty_end: how the connection ended, as a sentence; empty if it was closed as requested.
    """

    provider: str
    case: str
    requests: int
    request: bytes
    answer: bytes
    end: str
    faulty_answer: bytes
    faulty_end: str


def show_fault(fault: Fault, matrix: KillMatrix) -> ShownFault | None:
    """Returns the first request of the suites whose answer the fault changes; None if there is none.

    Args:
        matrix: the kill matrix, whose cases are tried first; it may be empty.
    """
    targets = {target.name: target for target in target_options.mock_targets(*loading.load_providers())}
    broken_by = matrix.get(fault.id, {})
    for name in sorted(targets, key=lambda name: (name not in broken_by, name != loading.BASELINE_PROVIDER)):
        search = _DifferenceSearch(targets[name], fault)
        for case in _candidates(fault, broken_by.get(name, {})):
            difference = asyncio.run(search.find_difference(case))
            if difference and (found := _send_to_both(targets[name].provider, case, difference, fault)) is not None:
                return found
    return None


def _candidates(fault: Fault, broken: Mapping[str, Sequence[str]]) -> list[Case]:
    """The cases at the endpoints of the fault: those of the kill matrix first, then the shortest and most common."""
    named = {name for cases in broken.values() for one in cases for name in one.split("+")}
    cases = [
        case for case in loading.load_cases().values() if "*" in fault.endpoints or case.endpoint in fault.endpoints
    ]
    return sorted(
        cases, key=lambda case: (case.name not in named, case.request_count, PROFILE_ORDER.index(_profile(case)))
    )


def _profile(case: Case) -> str | None:
    return case.profile if case.profile in PROFILE_ORDER else None


@dataclass(frozen=True, slots=True)
class _Difference:
    """The requests up to the one whose answer differs, and the seconds that its answers may pause."""

    requests: tuple[HttpRequest, ...]
    quiet_s: float


class _DifferenceSearch:
    """The search for a difference that a fault makes under one contract, without sockets."""

    def __init__(self, target: Target, fault: Fault) -> None:
        provider = target.provider
        self._target = target_options.with_address(target, dry_address(provider))
        self._pool = InProcessPool(provider)
        self._dry_run = DryRun(mock_entry(provider), gap_s=GAP_S)
        self._fault = fault

    async def find_difference(self, case: Case) -> _Difference | None:
        """Returns the requests of a case up to the first whose answer the fault changes; None if it changes none."""
        self._pool.begin_case()
        await Sender(self._target, self._pool).send(case)
        requests = tuple(self._pool.received)
        answers = zip(self._dry_run.wire_ops(requests), self._dry_run.wire_ops(requests, self._fault.id), strict=True)
        for index, (plain, faulty) in enumerate(answers):
            if plain != faulty:
                quiet_s = min(MAX_ASKED_S, max(_longest_pause(plain), _longest_pause(faulty)) + QUIET_S)
                return _Difference(requests[: index + 1], quiet_s)
        return None


def _longest_pause(ops: Ops) -> float:
    return max((later - earlier for earlier, later in pairwise([0.0, *(op.due_s for op in ops)])), default=0.0)


def _send_to_both(provider: Provider, case: Case, shown: _Difference, fault: Fault) -> ShownFault | None:
    """Sends the requests to two new servers at one fixed time; None if their answers do not differ."""
    answers = []
    for state in (StartState(), StartState(faults=(FaultOrder(fault.id),))):
        with serve_in_thread(
            mock_entry(provider), control=True, gap_s=GAP_S, clock=lambda: DRY_RUN_TIME, start=state
        ) as server:
            *earlier, last = (_request_bytes(request, server) for request in shown.requests)
            for sent in earlier:
                _ask(server, sent, shown.quiet_s)
            answer, end = _ask(server, last, shown.quiet_s)
            answers.append((with_fixed_date(answer), end))
    (plain, end), (faulty, faulty_end) = answers
    if answers[0] == answers[1]:
        return None
    request = _request_bytes(shown.requests[-1], None)
    return ShownFault(provider.name, case.name, len(shown.requests), request, plain, end, faulty, faulty_end)


def _request_bytes(request: HttpRequest, server: Server | None) -> bytes:
    """A request as it is sent on a connection of its own."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    own = {"host", "connection", "content-length", "transfer-encoding"}
    host = "127.0.0.1" if server is None else f"127.0.0.1:{server.port}"
    length = [("content-length", str(len(request.body)))] if request.body else []
    lines = [("host", host), *((name, value) for name, value in request.headers if name not in own), *length]
    head = "".join(f"{name}: {value}\r\n" for name, value in [*lines, ("connection", "close")])
    return f"{request.method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + request.body


def _ask(server: Server, request: bytes, quiet_s: float) -> tuple[bytes, str]:
    """The bytes that come back until the connection ends or is quiet, and how it ended."""
    parts: list[bytes] = []
    with socket.create_connection((server.host, server.port), timeout=quiet_s) as connection:
        try:
            connection.sendall(request)
            until = time.monotonic() + MAX_ASKED_S
            while time.monotonic() < until:
                if not (data := connection.recv(65536)):
                    return b"".join(parts), ""
                parts.append(data)
        except TimeoutError:
            return b"".join(parts), f"nothing more for {quiet_s:.0f} s, and the connection stays open"
        except ConnectionError:
            return b"".join(parts), "the connection is reset"
    return b"".join(parts), f"still sending after {MAX_ASKED_S:.0f} s"
