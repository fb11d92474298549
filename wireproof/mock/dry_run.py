"""What the server would do to a connection, without one; each time as if for the first time, at one moment."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from wireproof.mock.application import Application
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.faults import Fault
from wireproof.mock.faults.hooks import answer_unchanged, contract_unchanged, request_unchanged
from wireproof.mock.protocol.answers import Answer, encode_answer
from wireproof.mock.protocol.messages import HttpRequest, Ops, Outgoing, WireOp
from wireproof.mock.protocol.response_head import CONTINUE_RESPONSE, build_ops
from wireproof.mock.provider import routes
from wireproof.mock.provider.profile import Profile

# Any moment will do, if it is always the same.
DRY_RUN_TIME = 1_800_000_000.0
DRY_RUN_DATE = b"Date: " + formatdate(DRY_RUN_TIME, usegmt=True).rpartition(" ")[0].encode() + b" "


@dataclass(frozen=True, slots=True)
class DryRunStep:
    """One request of a rehearsal, and what the faultless server says and does.

    Attributes:
        endpoints: those that the path names, whatever the method.
        said: the answer before it is written, as a pickle: a fault may change what it is given.
    """

    received: HttpRequest
    profile: Profile
    endpoints: frozenset[str]
    pickled_answer: bytes
    ops: Ops

    def concerns(self, fault: Fault) -> bool:
        """Whether the fault is committed at the endpoint of this request."""
        return "*" in fault.endpoints or not self.endpoints.isdisjoint(fault.endpoints)


class DryRun:
    """A core of its own that answers the same requests again and again."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]], *, gap_s: float = 0.0) -> None:
        self._core = Application(providers, controlled=True)
        self._core.state.gap_s = gap_s

    def reset(self) -> None:
        """Forget whoever asked before."""
        self._core.state.accounts.clear()
        self._core.state.slots.clear()
        self._core.state.dead_accounts.clear()
        self._core.ordinals = itertools.count()

    def ops(self, request: HttpRequest, *, stays: bool = False) -> Ops:
        """What is done to the connection of one request; where it stays, `over` says when the answer is."""
        made = _dated_ops(self._core.handle(request), request)
        if not stays:
            self.finish(request)
        return (WireOp("interim", CONTINUE_RESPONSE), *made) if self._core.sends_continue(request) else made

    def with_account_state(self, request: HttpRequest) -> HttpRequest:
        """The request with what the server knows of its account; to be asked before it is answered."""
        return self._core.state.slots.with_account_state(request)

    def finish(self, request: HttpRequest, *, left: bool = False) -> None:
        """An answer that stayed under way ends, or its client leaves."""
        self._core.finish(request, left=left)

    def wire_ops(self, requests: Iterable[HttpRequest], fault: str | None = None) -> tuple[Ops, ...]:
        """What is done for each request, in order, with the fault or without."""
        self.reset()
        return tuple(self.ops(_with_fault_header(request, fault)) for request in requests)

    def changes_ops(self, fault: str, requests: Sequence[HttpRequest], faultless: tuple[Ops, ...]) -> bool:
        """Whether the fault changes what is done for any of the requests."""
        return self.wire_ops(requests, fault) != faultless

    def record_steps(self, requests: Iterable[HttpRequest]) -> tuple[DryRunStep, ...]:
        """The requests, known as they are, asked in order of the faultless server as if for the first time."""
        self.reset()
        return tuple(self._record_step(request) for request in requests)

    def replay_under(self, takes: Sequence[DryRunStep], fault: Fault) -> tuple[Ops, ...]:
        """What is done for each request under a fault; the server is asked again only where it may think otherwise."""
        if any(take.concerns(fault) and _changes_request_or_contract(take, fault) for take in takes):
            return self.wire_ops([take.received for take in takes], fault.id)
        return tuple(self._replay_step(take, fault) if take.concerns(fault) else take.ops for take in takes)

    def is_unaffected(self, takes: Sequence[DryRunStep], fault: Fault) -> bool:
        """Whether a fault, which puts answers on the wire as they are, changes nothing of what is said."""
        concerned = [take for take in takes if take.concerns(fault)]
        if any(_changes_request_or_contract(take, fault) for take in concerned):
            return False
        return fault.hooks.on_answer is answer_unchanged or all(
            pickle.dumps(_faulty_answer(take, fault)) == take.pickled_answer for take in concerned
        )

    def _record_step(self, request: HttpRequest) -> DryRunStep:
        profile = routes.find_profile(self._core.profiles, request.path)
        assert profile is not None, request.path
        answer = self._core.answer(profile, request)
        endpoints = frozenset(endpoint for endpoint, _, _ in routes.matching_endpoints(profile, request.path))
        ops = _dated_ops(encode_answer(answer, gap_s=self._core.state.gap_s), request)
        # What was read from a pickle gives the same pickle again.
        return DryRunStep(request, profile, endpoints, pickle.dumps(pickle.loads(pickle.dumps(answer))), ops)

    def _replay_step(self, take: DryRunStep, fault: Fault) -> Ops:
        """What is done where a fault changes at most what is said, and how it is put on the wire."""
        frame = fault.hooks.on_wire
        said = None if fault.hooks.on_answer is answer_unchanged else _faulty_answer(take, fault)
        if said is None or pickle.dumps(said) == take.pickled_answer:
            return take.ops if frame is None else frame(take.ops)
        return _dated_ops(encode_answer(said, gap_s=self._core.state.gap_s, rewrite_ops=frame), take.received)


def _faulty_answer(take: DryRunStep, fault: Fault) -> Answer:
    """What a fault makes of an answer that is its own to change."""
    return fault.hooks.on_answer(pickle.loads(take.pickled_answer), _with_fault_header(take.received, fault.id))


def _changes_request_or_contract(take: DryRunStep, fault: Fault) -> bool:
    """Whether a fault makes another request of this one, or rules by another contract."""
    lapse, received = fault.hooks, _with_fault_header(take.received, fault.id)
    if lapse.ignores or lapse.kills_account is not None:
        return True
    if lapse.on_contract is not contract_unchanged and _contract_changes_answer(take, lapse.on_contract(take.profile)):
        return True
    return lapse.on_request is not request_unchanged and lapse.on_request(received, take.profile) != received


def _contract_changes_answer(take: DryRunStep, ruled: Profile) -> bool:
    """Whether another contract may make another answer: the rows of refusals make none of what is served."""
    told = take.profile
    served = pickle.loads(take.pickled_answer).status < 400 and ruled.refusals.keys() == told.refusals.keys()
    if replace(ruled, refusals=told.refusals, requests=told.requests) != told:
        return True
    if any(ruled.rules(endpoint) != told.rules(endpoint) for endpoint in take.endpoints):
        return True
    return not served and ruled.refusals != told.refusals


def _dated_ops(outgoing: Outgoing, request: HttpRequest) -> Ops:
    made = build_ops(outgoing, method=request.method, chunked=True, keep=True)
    return tuple(replace(op, data=_with_fixed_date(op.data)) if b"Date: " in op.data else op for op in made)


def _with_fault_header(request: HttpRequest, fault: str | None) -> HttpRequest:
    if fault is None:
        return request
    return replace(request, headers=(*request.headers, (FAULT_HEADER, fault)))


def _with_fixed_date(data: bytes) -> bytes:
    """The bytes with every date that of the one moment; its zone stays."""
    return re.sub(rb"(?m)^Date: .* ", DRY_RUN_DATE, data)
