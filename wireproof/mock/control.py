"""Control of faults, clock and cells by a test: by header for one request, by endpoint for the server."""

from __future__ import annotations

import json
from typing import Any

from wireproof.mock.accounts.server_state import ServerState
from wireproof.mock.accounts.slots import FAULT_HEADER as FAULT_HEADER
from wireproof.mock.faults import Fault, find_fault
from wireproof.mock.faults.hooks import NO_HOOKS, FaultHooks
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider import routes
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

CONTROL_PREFIX = "/_wireproof/"
CLOCK_AHEAD_HEADER, CELL_STATE_HEADER = "x-wireproof-clock", "x-wireproof-cell"


def requested_fault(state: ServerState, request: HttpRequest) -> str | None:
    """Returns the fault id that the header of the request names, else that of the whole server."""
    return request.header(FAULT_HEADER) or state.fault


def find_hooks(fault: Fault, profile: Profile, request: HttpRequest) -> FaultHooks:
    """Returns the hooks of a fault; those without effect if it does not concern the endpoint of the request."""
    endpoints = {endpoint for endpoint, _, _ in routes.matching_endpoints(profile, request.path)}
    return fault.hooks if "*" in fault.endpoints or endpoints & set(fault.endpoints) else NO_HOOKS


def require_fault(fault_id: Any) -> Fault:
    """Returns the fault of this id; raises RequestRefused if there is none."""
    fault = find_fault(str(fault_id))
    if fault is None:
        raise RequestRefused("unknown-fault", f"There is no fault named {fault_id!r}.", param=FAULT_HEADER)
    return fault


def clock_ahead_s(request: HttpRequest) -> float:
    """The seconds by which the request is later than now; 0 if its header is missing or no number."""
    try:
        return float(request.header(CLOCK_AHEAD_HEADER) or 0)
    except ValueError:
        return 0.0


def clock_and_fault(request: HttpRequest) -> tuple[float, str]:
    """Returns the seconds ahead of now and the fault id of a request, both of which its account needs."""
    return clock_ahead_s(request), request.header(FAULT_HEADER) or ""


def requested_cell_state(request: HttpRequest) -> str:
    """Returns the state of the cell that the header of the request names; an empty text if it names none."""
    return (request.header(CELL_STATE_HEADER) or "").lower()


def answer_control(state: ServerState, request: HttpRequest) -> PlainAnswer:
    route = (request.method, request.path.removeprefix(CONTROL_PREFIX))
    if route == ("GET", "control"):
        return PlainAnswer(200, state.to_json())
    if route == ("POST", "reset"):
        reset_state(state)
        return PlainAnswer(200, state.to_json())
    if route != ("POST", "control"):
        raise RequestRefused("unknown-path", f"Control knows no {request.method} {request.path}.")
    apply_control(state, parse_control(request.body))
    return PlainAnswer(200, state.to_json())


def parse_control(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.keys() - {"clock", "cells", "fault", "gap"}:
        raise RequestRefused("bad-control", "Control takes a JSON object of clock, cells, fault and gap.")
    return value


def apply_control(state: ServerState, wanted: dict[str, Any]) -> None:
    """Applies the members of a control body; a malformed body changes nothing."""
    try:
        ahead_s = state.ahead_s + float(wanted.get("clock", {}).get("advance", 0))
        cells = {str(name): int(up) for name, up in wanted.get("cells", {}).items()}
        gap_s = float(wanted.get("gap", state.gap_s))
    except (AttributeError, TypeError, ValueError):
        raise RequestRefused("bad-control", "Control takes clock.advance, cells and gap as numbers.") from None
    if wanted.get("fault") is not None:
        require_fault(wanted["fault"])
    state.ahead_s, state.gap_s, state.cells = ahead_s, gap_s, {**state.cells, **cells}
    state.fault = wanted.get("fault", state.fault)


def reset_state(state: ServerState) -> None:
    state.ahead_s, state.fault = 0.0, None
    state.cells.clear()
    state.accounts.clear()
    state.slots.clear()
    state.dead_accounts.clear()
