"""Faults, clock and cells at a test's command: by header for one request, by endpoint for all."""

from __future__ import annotations

import json
from typing import Any

from wireproof.mock.accounts.server_state import ServerState
from wireproof.mock.faults import Fault, find_fault
from wireproof.mock.faults.hooks import NO_HOOKS, FaultHooks
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider import routes
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

CONTROL_PREFIX = "/_wireproof/"
FAULT_HEADER, CLOCK_AHEAD_HEADER, CELL_STATE_HEADER = "x-wireproof-fault", "x-wireproof-clock", "x-wireproof-cell"


def requested_fault(state: ServerState, received: HttpRequest) -> str | None:
    """The fault this request asks for, or else the server's."""
    return received.header(FAULT_HEADER) or state.fault


def find_hooks(fault_id: str, profile: Profile, received: HttpRequest) -> FaultHooks:
    """The lapse of a fault, if it concerns the endpoint that is asked."""
    fault = require_fault(fault_id)
    asked = {endpoint for endpoint, _, _ in routes.matching_endpoints(profile, received.path)}
    return fault.hooks if "*" in fault.endpoints or asked & set(fault.endpoints) else NO_HOOKS


def require_fault(fault_id: Any) -> Fault:
    """Returns the fault of this id; raises RequestRefused if there is none."""
    fault = find_fault(str(fault_id))
    if fault is None:
        raise RequestRefused("unknown-fault", f"There is no fault named {fault_id!r}.", param=FAULT_HEADER)
    return fault


def clock_ahead_s(received: HttpRequest) -> float:
    """The seconds after now at which the request says it happens."""
    try:
        return float(received.header(CLOCK_AHEAD_HEADER) or 0)
    except ValueError:
        return 0.0


def clock_and_fault(received: HttpRequest) -> tuple[float, str]:
    """When a request happens after now, and the fault it asks for: what the account must know of it."""
    return clock_ahead_s(received), received.header(FAULT_HEADER) or ""


def requested_cell_state(received: HttpRequest) -> str:
    """The state in which the request meets its cell; empty where it says none."""
    return (received.header(CELL_STATE_HEADER) or "").lower()


def answer_control(state: ServerState, received: HttpRequest) -> PlainAnswer:
    asked = (received.method, received.path.removeprefix(CONTROL_PREFIX))
    if asked == ("GET", "control"):
        return PlainAnswer(200, state.to_json())
    if asked == ("POST", "reset"):
        reset_state(state)
        return PlainAnswer(200, state.to_json())
    if asked != ("POST", "control"):
        raise RequestRefused("unknown-path", f"Control knows no {received.method} {received.path}.")
    apply_control(state, parse_control(received.body))
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
    """Take over what is given; whatever is malformed changes nothing."""
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
