"""The state in which `wireproof serve` starts: another path, faults, scripted answers, and what the journal tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.received_request import describe_request
from wireproof.mock.accounts.fault_counts import FaultOrder
from wireproof.mock.accounts.journal import JournalEntry
from wireproof.mock.accounts.server_state import StartState
from wireproof.mock.control import parse_faults
from wireproof.mock.faults import faults, find_fault
from wireproof.mock.protocol.scripted_answers import ScriptedTurn, turns_from_data
from wireproof.mock.provider.refusals import RequestRefused

SCRIPT_FORMAT = "scripted-answers"


def build_start_state(
    served: Mapping[str, Any], *, at: str | None, ordered: str, script: Path | None, control: bool
) -> StartState:
    """The state at the start of a server; raises ConfigError for an option that is wrong.

    Args:
        served: the entries of providers.yaml that the server has.
        ordered: the faults of every answer, as the header of one request would name them.
        control: true for a server with the control endpoint, and so with a journal.
    """
    return StartState(
        at=None if at is None else read_path(at, served),
        faults=read_faults(ordered),
        script=() if script is None else read_script(read_yaml(script), str(script)),
        describe=(lambda entry: describe_entry(served, entry)) if control else None,
        read_script=lambda data: read_script(data, "script"),
    )


def read_path(at: str, served: Mapping[str, Any]) -> str:
    """The path of --at without a slash at its end; raises ConfigError."""
    if len(served) != 1:
        raise ConfigError(f"--at {at}", "it is the path of one provider", "name that one with --provider NAME")
    if not at.startswith("/") or at.startswith("/_wireproof") or set(at) & set(" ?#%"):
        raise ConfigError(f"--at {at}", "it is no path for an API", "give one such as /v1")
    return at.rstrip("/")


def read_faults(ordered: str) -> tuple[FaultOrder, ...]:
    """The faults that an option names; raises ConfigError for one that does not exist."""
    try:
        orders = parse_faults(ordered)
    except RequestRefused as refusal:
        raise ConfigError(
            f"--fault {ordered}", refusal.message.rstrip("."), "write ID or ID; times=1; after=2"
        ) from None
    for order in orders:
        require_known_fault("--fault", order.fault)
    return orders


def require_known_fault(option: str, fault: str) -> None:
    """Raises ConfigError, with the ids that were probably meant, for a fault that does not exist."""
    if find_fault(fault) is None:
        meant = did_you_mean(fault, faults(), "see `wireproof faults`")
        raise ConfigError(f"{option} {fault}", "there is no such fault", meant)


def read_script(data: Any, place: str) -> tuple[ScriptedTurn, ...]:
    """The turns of a script; raises ConfigError with place, field and remedy."""
    schemas.check_format(data, SCRIPT_FORMAT, place)
    return turns_from_data(data, place)


def describe_entry(served: Mapping[str, Any], entry: JournalEntry) -> dict[str, Any]:
    """The public facts of a request in the journal."""
    request, contract = entry.request, served.get(entry.provider, {})
    path = f"{request.path}?{request.query}" if request.query else request.path
    folder = contract.get("schemas", entry.provider) if contract else ""
    return {
        "at": request.at,
        "method": request.method,
        "provider": entry.provider or None,
        "endpoint": entry.endpoint or None,
        "status": entry.status,
        "faults": list(entry.faults),
        **describe_request(folder, entry.endpoint, path, request.headers, request.body),
    }
