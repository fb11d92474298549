"""The result of a sweep in sentences, for its own report and for the pages of load runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOAD_UNITS = {"rate": "starts a second", "users": "users"}


def answer_sentence(data: Mapping[str, Any]) -> str:
    """The highest load that meets the objectives, between its neighbours."""
    unit, meets, fails = LOAD_UNITS[data["by"]], data["meets"], data["fails"]
    carried = "no load was carried" if meets is None else f"{meets:g} {unit} are carried"
    return f"{carried}, {'nothing was too much' if fails is None else f'{fails:g} is too much'}"


def resolution_sentence(data: Mapping[str, Any]) -> str:
    """The certainty of that answer, or why the search ended without one."""
    wanted = f"{data['share']:.0%} of requests are ok and meet the objectives at the first, and not at the second"
    return f"resolved: {wanted}" if data["resolved"] else f"unresolved: {data['ended']}"


def knee_sentence(data: Mapping[str, Any]) -> str:
    """The load at the knee with its interval, and the throughput beyond it."""
    found = data["knee"]
    if found is None:
        return "knee: not seen; too few steps on either side of one"
    sure = "resolved" if found["resolved"] else "unresolved"
    return (
        f"knee: {found['load']:.4g} {LOAD_UNITS[data['by']]} ({found['low']:.4g} to {found['high']:.4g}, {sure}), "
        f"then {found['throughput']:.4g} requests/s at most"
    )
