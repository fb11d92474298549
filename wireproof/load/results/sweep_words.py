"""Sentences about the result of a sweep, for its report and for the pages of load runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOAD_UNITS = {"rate": "starts a second", "users": "users"}


def answer_sentence(data: Mapping[str, Any]) -> str:
    """States the highest load that meets the objectives and the lowest that fails."""
    unit, meets, fails = LOAD_UNITS[data["by"]], data["meets"], data["fails"]
    highest = "no load meets the objectives" if meets is None else f"{meets:g} {unit} meet the objectives"
    return f"{highest}, {'no load fails' if fails is None else f'{fails:g} fail'}"


def resolution_sentence(data: Mapping[str, Any]) -> str:
    """States the criterion of a resolved answer, or the reason why the search ended without one."""
    criterion = f"{data['share']:.0%} of requests are ok and meet the objectives at the first load, fewer at the second"
    return f"resolved: {criterion}" if data["resolved"] else f"unresolved: {data['ended']}"


def knee_sentence(data: Mapping[str, Any]) -> str:
    """States the load at the knee with its interval, and the throughput beyond it."""
    knee = data["knee"]
    if knee is None:
        return "knee: not found; too few steps below or above it"
    certainty = "resolved" if knee["resolved"] else "unresolved"
    return (
        f"knee: {knee['load']:.4g} {LOAD_UNITS[data['by']]} ({knee['low']:.4g} to {knee['high']:.4g}, {certainty}), "
        f"throughput beyond it {knee['throughput']:.4g} requests/s"
    )
