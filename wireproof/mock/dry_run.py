"""Runs the reference server without sockets: each time from a fresh state and at one fixed moment."""

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

# Arbitrary, but the same in every run.
DRY_RUN_TIME = 1_800_000_000.0
DRY_RUN_DATE = b"Date: " + formatdate(DRY_RUN_TIME, usegmt=True).rpartition(" ")[0].encode() + b" "


@dataclass(frozen=True, slots=True)
class DryRunStep:
    """One request of a dry run, with the answer and the wire operations of the fault-free server.

    Attributes:
        endpoints: the endpoints that the path names, whatever the method.
        pickled_answer: the answer before it is encoded, as a pickle, since a fault may change the object it is given.

    """

    received: HttpRequest
    profile: Profile
    endpoints: frozenset[str]
    pickled_answer: bytes
    ops: Ops

    def concerns(self, fault: Fault) -> bool:
        """True if the fault can be injected at the endpoint of this request."""
        return "*" in fault.endpoints or not self.endpoints.isdisjoint(fault.endpoints)


class DryRun:
    """Answers the same requests again and again with an application of its own."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]], *, gap_s: float = 0.0) -> None:
        self._core = Application(providers, controlled=True)
        self._core.state.gap_s = gap_s

    def reset(self) -> None:
        """Clears all accounts, slots and ordinals."""
        self._core.state.accounts.clear()
        self._core.state.slots.clear()
        self._core.state.dead_accounts.clear()
        self._core.state.fault_counts.clear()
        self._core.ordinals = itertools.count()

    def admit_fault(self, fault: Fault) -> None:
        """Makes a fault known that is not in the catalogue, in place of the one before it."""
        self._core.more_faults = {fault.id: fault}

    def ops(self, request: HttpRequest, *, stays: bool = False) -> Ops:
        """Returns the wire operations of one request; with `stays` its answer remains open until `finish`."""
        ops = _dated_ops(self._core.handle(request), request)
        if not stays:
            self.finish(request)
        return (WireOp("interim", CONTINUE_RESPONSE), *ops) if self._core.sends_continue(request) else ops

    def with_account_state(self, request: HttpRequest) -> HttpRequest:
        """Returns the request with the state of its account, as it is before the request is answered."""
        return self._core.state.slots.with_account_state(request)

    def finish(self, request: HttpRequest, *, left: bool = False) -> None:
        """Ends an answer that remained open: it was sent to its end, or its client has left."""
        self._core.finish(request, left=left)

    def wire_ops(self, requests: Iterable[HttpRequest], fault: str | None = None) -> tuple[Ops, ...]:
        """Returns the wire operations of each request, in order from a fresh state, with the fault or without."""
        self.reset()
        return tuple(self.ops(_with_fault_header(request, fault)) for request in requests)

    def changes_ops(self, fault: str, requests: Sequence[HttpRequest], fault_free: tuple[Ops, ...]) -> bool:
        """True if the fault changes the wire operations of any request."""
        return self.wire_ops(requests, fault) != fault_free

    def record_steps(self, requests: Iterable[HttpRequest]) -> tuple[DryRunStep, ...]:
        """Answers each request on the fault-free server, in order from a fresh state."""
        self.reset()
        return tuple(self._record_step(request) for request in requests)

    def replay_under(self, steps: Sequence[DryRunStep], fault: Fault) -> tuple[Ops, ...]:
        """Returns the wire operations of each request under a fault.

        The requests are answered again only if the fault may change a request or the contract.
        """
        if any(step.concerns(fault) and _changes_request_or_contract(step, fault) for step in steps):
            return self.wire_ops([step.received for step in steps], fault.id)
        return tuple(self._replay_step(step, fault) if step.concerns(fault) else step.ops for step in steps)

    def is_unaffected(self, steps: Sequence[DryRunStep], fault: Fault) -> bool:
        """True if a fault that does not alter the framing leaves every answer unchanged."""
        concerned = [step for step in steps if step.concerns(fault)]
        if any(_changes_request_or_contract(step, fault) for step in concerned):
            return False
        return fault.hooks.on_answer is answer_unchanged or all(
            pickle.dumps(_faulty_answer(step, fault)) == step.pickled_answer for step in concerned
        )

    def _record_step(self, request: HttpRequest) -> DryRunStep:
        profile = routes.find_profile(self._core.profiles, request.path)
        assert profile is not None, request.path
        answer = self._core.answer(profile, request)
        endpoints = frozenset(endpoint for endpoint, _, _ in routes.matching_endpoints(profile, request.path))
        ops = _dated_ops(encode_answer(answer, gap_s=self._core.state.gap_s), request)
        # Only an answer that was read from a pickle gives the same pickle again.
        return DryRunStep(request, profile, endpoints, pickle.dumps(pickle.loads(pickle.dumps(answer))), ops)

    def _replay_step(self, step: DryRunStep, fault: Fault) -> Ops:
        """Returns the wire operations of a step under a fault that changes at most its answer and its framing."""
        rewrite = fault.hooks.on_wire
        answer = None if fault.hooks.on_answer is answer_unchanged else _faulty_answer(step, fault)
        if answer is None or pickle.dumps(answer) == step.pickled_answer:
            return step.ops if rewrite is None else rewrite(step.ops)
        return _dated_ops(encode_answer(answer, gap_s=self._core.state.gap_s, rewrite_ops=rewrite), step.received)


def _faulty_answer(step: DryRunStep, fault: Fault) -> Answer:
    """Returns the answer as the fault changes it."""
    return fault.hooks.on_answer(pickle.loads(step.pickled_answer), _with_fault_header(step.received, fault.id))


def _changes_request_or_contract(step: DryRunStep, fault: Fault) -> bool:
    """True if a fault changes the request, the contract that it is judged by, or the life of the server."""
    hooks, request = fault.hooks, _with_fault_header(step.received, fault.id)
    if hooks.ignores or hooks.kills_account is not None:
        return True
    if hooks.on_contract is not contract_unchanged and _contract_changes_answer(step, hooks.on_contract(step.profile)):
        return True
    return hooks.on_request is not request_unchanged and hooks.on_request(request, step.profile) != request


def _contract_changes_answer(step: DryRunStep, changed: Profile) -> bool:
    """True if another contract may change the answer; rows of refusals change no answer below 400."""
    profile = step.profile
    served = pickle.loads(step.pickled_answer).status < 400 and changed.refusals.keys() == profile.refusals.keys()
    if replace(changed, refusals=profile.refusals, requests=profile.requests) != profile:
        return True
    if any(changed.rules(endpoint) != profile.rules(endpoint) for endpoint in step.endpoints):
        return True
    return not served and changed.refusals != profile.refusals


def _dated_ops(outgoing: Outgoing, request: HttpRequest) -> Ops:
    ops = build_ops(outgoing, method=request.method, chunked=True, keep=True)
    return tuple(replace(op, data=with_fixed_date(op.data)) if b"Date: " in op.data else op for op in ops)


def _with_fault_header(request: HttpRequest, fault: str | None) -> HttpRequest:
    if fault is None:
        return request
    return replace(request, headers=(*request.headers, (FAULT_HEADER, fault)))


def with_fixed_date(data: bytes) -> bytes:
    """Returns the bytes with the fixed date in every Date header; the zone stays."""
    return re.sub(rb"(?m)^Date: .* ", DRY_RUN_DATE, data)
