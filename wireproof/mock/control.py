"""Control of faults, clock and cells by a test: by header for one request, by endpoint for the server."""

from __future__ import annotations

import json
from dataclasses import replace
from email.message import Message
from functools import lru_cache
from typing import Any

from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean
from wireproof.mock.accounts.fault_counts import FaultOrder
from wireproof.mock.accounts.server_state import ServerState
from wireproof.mock.accounts.slots import FAULT_HEADER as FAULT_HEADER
from wireproof.mock.faults import Fault, faults, find_fault
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.protocol.scripted_answers import ScriptedTurn
from wireproof.mock.provider import routes
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused

CONTROL_PREFIX = "/_wireproof/"
PARAMETERS = ("times", "after")
CONTROL_MEMBERS = frozenset({"clock", "cells", "fault", "gap", "script", *PARAMETERS})
CLOCK_AHEAD_HEADER, CELL_STATE_HEADER = "x-wireproof-clock", "x-wireproof-cell"


def requested_faults(state: ServerState, request: HttpRequest) -> tuple[FaultOrder, ...]:
    """Returns the faults that the header of the request orders, else those of the whole server."""
    header = request.header(FAULT_HEADER)
    return parse_faults(header) if header else state.faults


@lru_cache(maxsize=4096)
def parse_faults(text: str) -> tuple[FaultOrder, ...]:
    """Returns the orders of a text such as `answer-500; times=1; after=2, done-missing`; raises RequestRefused."""
    return tuple(_parse_order(item) for item in text.split(",") if item.strip())


def _parse_order(item: str) -> FaultOrder:
    if ";" not in item:
        return FaultOrder(item.strip())
    message = Message()
    message[FAULT_HEADER] = item.strip()
    (fault, _), *parameters = message.get_params([("", "")], FAULT_HEADER)
    return with_parameters(FaultOrder(fault), dict(parameters))


def with_parameters(order: FaultOrder, parameters: dict[str, Any]) -> FaultOrder:
    """Returns an order with `times` and `after`, as texts or numbers; raises RequestRefused for anything else."""
    try:
        times, after = (None if parameters.get(name) is None else int(parameters[name]) for name in PARAMETERS)
    except (TypeError, ValueError):
        times = 0
    if parameters.keys() - set(PARAMETERS) or (times is not None and times < 1) or (after or 0) < 0:
        text = f"A fault takes times (a number from 1) and after (a number from 0), not {parameters}."
        raise RequestRefused("bad-control", text, param=FAULT_HEADER)
    return replace(order, times=times, after=after or 0)


def concerns(fault: Fault, profile: Profile, request: HttpRequest) -> bool:
    """True if a fault concerns the endpoint of the request."""
    endpoints = {endpoint for endpoint, _, _ in routes.matching_endpoints(profile, request.path)}
    return "*" in fault.endpoints or bool(endpoints & set(fault.endpoints))


def require_fault(fault_id: Any) -> Fault:
    """Returns the fault of this id; raises RequestRefused if there is none."""
    fault = find_fault(str(fault_id))
    if fault is None:
        meant = did_you_mean(str(fault_id), faults())
        text = f"There is no fault named {fault_id!r}{'; ' + meant if meant else '.'}"
        raise RequestRefused("unknown-fault", text, param=FAULT_HEADER)
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
        state.reset()
        return PlainAnswer(200, state.to_json())
    if route == ("GET", "requests") and state.start.describe is not None:
        entries = [state.start.describe(entry) for entry in state.journal.entries()]
        return PlainAnswer(200, {"requests": entries, "dropped": state.journal.dropped})
    if route == ("DELETE", "requests"):
        state.journal.clear()
        return PlainAnswer(204, b"")
    if route != ("POST", "control"):
        raise RequestRefused("unknown-path", f"Control knows no {request.method} {request.path}.")
    apply_control(state, parse_control(request.body))
    return PlainAnswer(200, state.to_json())


def parse_control(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.keys() - CONTROL_MEMBERS:
        text = "Control takes a JSON object of clock, cells, fault with times and after, gap and script."
        raise RequestRefused("bad-control", text)
    return value


def apply_control(state: ServerState, wanted: dict[str, Any]) -> None:
    """Applies the members of a control body; a malformed body changes nothing."""
    try:
        ahead_s = state.ahead_s + float(wanted.get("clock", {}).get("advance", 0))
        cells = {str(name): int(up) for name, up in wanted.get("cells", {}).items()}
        gap_s = float(wanted.get("gap", state.gap_s))
    except (AttributeError, TypeError, ValueError):
        raise RequestRefused("bad-control", "Control takes clock.advance, cells and gap as numbers.") from None
    orders = _ordered_faults(wanted)
    turns = _read_turns(state, wanted["script"]) if "script" in wanted else None
    state.ahead_s, state.gap_s, state.cells = ahead_s, gap_s, {**state.cells, **cells}
    if orders is not None:
        state.faults = orders
        state.fault_counts.clear()
    if turns is not None:
        state.script.start(turns)


def _ordered_faults(wanted: dict[str, Any]) -> tuple[FaultOrder, ...] | None:
    """The faults that a control body orders for the whole server; None if it leaves them as they are."""
    if "fault" not in wanted:
        if not wanted.keys().isdisjoint(PARAMETERS):
            raise RequestRefused("bad-control", "times and after stand beside a fault.")
        return None
    orders = parse_faults(str(wanted["fault"] or ""))
    for order in orders:
        require_fault(order.fault)
    parameters = {name: wanted[name] for name in PARAMETERS if name in wanted}
    return tuple(with_parameters(order, parameters) for order in orders) if parameters else orders


def _read_turns(state: ServerState, data: Any) -> tuple[ScriptedTurn, ...]:
    try:
        return state.start.read_script(data) if data else ()
    except ConfigError as error:
        raise RequestRefused("bad-control", str(error)) from None
