"""Faults, clock and cells at a test's command: by header for one request, by endpoint for all."""

from __future__ import annotations

import json
from typing import Any

from wireproof.mock.accounts.server_state import ServerState
from wireproof.mock.faults import find_fault
from wireproof.mock.faults.hooks import NO_HOOKS, FaultHooks
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider import routes
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

PREFIX = "/_wireproof/"
FAULT, CLOCK, CELL = "x-wireproof-fault", "x-wireproof-clock", "x-wireproof-cell"


def wanted_fault(state: ServerState, received: HttpRequest) -> str | None:
    """The fault this request asks for, or else the server's."""
    return received.header(FAULT) or state.fault


def lapse_for(fault_id: str, profile: Profile, received: HttpRequest) -> FaultHooks:
    """The lapse of a fault, if it concerns the endpoint that is asked."""
    fault = known(fault_id)
    asked = {endpoint for endpoint, _, _ in routes.matching_endpoints(profile, received.path)}
    return fault.apply if "*" in fault.endpoints or asked & set(fault.endpoints) else NO_HOOKS


def known(fault_id: Any) -> Any:
    fault = find_fault(str(fault_id))
    if fault is None:
        raise RequestRefused("unknown-fault", f"There is no fault named {fault_id!r}.", param=FAULT)
    return fault


def clock_of(received: HttpRequest) -> float:
    """The seconds after now at which the request says it happens."""
    try:
        return float(received.header(CLOCK) or 0)
    except ValueError:
        return 0.0


def apart(received: HttpRequest) -> tuple[float, str]:
    """When a request happens after now, and the fault it asks for: what the account must know of it."""
    return clock_of(received), received.header(FAULT) or ""


def cell_of(received: HttpRequest) -> str:
    """The state in which the request meets its cell; empty where it says none."""
    return (received.header(CELL) or "").lower()


def answer(state: ServerState, received: HttpRequest) -> PlainAnswer:
    asked = (received.method, received.path.removeprefix(PREFIX))
    if asked == ("GET", "control"):
        return PlainAnswer(200, state.to_json())
    if asked == ("POST", "reset"):
        reset(state)
        return PlainAnswer(200, state.to_json())
    if asked != ("POST", "control"):
        raise RequestRefused("unknown-path", f"Control knows no {received.method} {received.path}.")
    change(state, parsed(received.body))
    return PlainAnswer(200, state.to_json())


def parsed(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.keys() - {"clock", "cells", "fault", "gap"}:
        raise RequestRefused("bad-control", "Control takes a JSON object of clock, cells, fault and gap.")
    return value


def change(state: ServerState, wanted: dict[str, Any]) -> None:
    """Take over what is given; whatever is malformed changes nothing."""
    try:
        ahead_s = state.ahead_s + float(wanted.get("clock", {}).get("advance", 0))
        cells = {str(name): int(up) for name, up in wanted.get("cells", {}).items()}
        gap_s = float(wanted.get("gap", state.gap_s))
    except (AttributeError, TypeError, ValueError):
        raise RequestRefused("bad-control", "Control takes clock.advance, cells and gap as numbers.") from None
    if wanted.get("fault") is not None:
        known(wanted["fault"])
    state.ahead_s, state.gap_s, state.cells = ahead_s, gap_s, {**state.cells, **cells}
    state.fault = wanted.get("fault", state.fault)


def reset(state: ServerState) -> None:
    state.ahead_s, state.fault = 0.0, None
    state.cells.clear()
    state.accounts.clear()
    state.slots.clear()
    state.dead_accounts.clear()
