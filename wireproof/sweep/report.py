"""A sweep, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import __version__
from wireproof.sweep.knee import Knee
from wireproof.sweep.search import Found, Limits

UNITS = {"rate": "starts a second", "users": "users"}
SHOWN = ("TTFT ms", "e2e ms")


def as_data(scenario: str, by: str, limits: Limits, found: Found, bend: Knee | None) -> dict[str, Any]:
    """The JSON form (schemas/formats/sweep.json)."""
    return {
        "wireproof": __version__,
        "kind": "sweep",
        "scenario": scenario,
        "by": by,
        "share": limits.wanted,
        "precision": limits.precision,
        **found.as_data(),
        "knee": None if bend is None else bend.as_data(),
        "steps": [{**step.as_data(), "verdict": step.verdict(limits.wanted)} for step in found.steps],
    }


def as_text(data: Mapping[str, Any]) -> str:
    """The answer, the knee, and every step."""
    unit = UNITS[data["by"]]
    lines = [f"sweep of {data['scenario']}: {_answer(data)} {unit}", f"  {_resolved(data)}"]
    bend = data["knee"]
    if bend is None:
        lines.append("  knee: not seen; too few steps on either side of one")
    else:
        sure = "resolved" if bend["resolved"] else "unresolved"
        lines.append(
            f"  knee: {bend['load']:.4g} {unit} ({bend['low']:.4g} to {bend['high']:.4g}, {sure}), "
            f"then {bend['throughput']:.4g} requests/s at most"
        )
    header = " ".join(f"{f'{name} p95':>12}" for name in SHOWN)
    lines.append(f"  {'load':>8} {'ok/s':>8} {'good':>7} {'interval':^15} {header}")
    for step in data["steps"]:
        notes = [step["verdict"], *(["falls behind"] if step["behind"] else []), *step["doubts"]]
        good = f"{step['share']:>7.1%} {step['share_low']:>7.1%}–{step['share_high']:<7.1%}"
        shown = " ".join(f"{_cell(step, name):>12}" for name in SHOWN)
        lines.append(f"  {step['load']:>8g} {step['ok_s']:>8.4g} {good} {shown}  {', '.join(notes)}")
    return "\n".join(lines)


def _answer(data: Mapping[str, Any]) -> str:
    meets, fails = data["meets"], data["fails"]
    if meets is None:
        return "no load that meets the objectives, below" if fails is None else f"fewer than {fails:g}"
    return f"{meets:g}" if fails is None else f"{meets:g} to {fails:g}"


def _resolved(data: Mapping[str, Any]) -> str:
    wanted = f"{data['share']:.0%} of requests are ok and meet the objectives at the first, and not at the second"
    return f"resolved: {wanted}" if data["resolved"] else f"unresolved: {data['ended']}"


def _cell(step: Mapping[str, Any], metric: str) -> str:
    value = (step["figures"] or {}).get(metric, {}).get("p95")
    return "-" if value is None else f"{value:.4g}"
