"""The result of a sweep as JSON and as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import __version__
from wireproof.load.experiments.sweep.knee import Knee
from wireproof.load.experiments.sweep.search import SearchBounds, SweepResult
from wireproof.load.results.sweep_words import answer_sentence, knee_sentence, resolution_sentence

SHOWN_METRICS = ("TTFT ms", "e2e ms")


def sweep_to_json(
    scenario: str, by: str, limits: SearchBounds, found: SweepResult, knee: Knee | None, name: str | None = None
) -> dict[str, Any]:
    """The JSON form (schemas/formats/sweep.json)."""
    return {
        "wireproof": __version__,
        "kind": "sweep",
        **({"name": name} if name else {}),
        "scenario": scenario,
        "by": by,
        "share": limits.wanted,
        "precision": limits.precision,
        **found.as_data(),
        "knee": None if knee is None else knee.as_data(),
        "steps": [{**step.as_data(), "verdict": step.verdict(limits.wanted)} for step in found.steps],
    }


def sweep_to_text(data: Mapping[str, Any]) -> str:
    """Returns a line for every step, the knee, and the answer last."""
    lines = [f"sweep of {' at '.join(filter(None, [data['scenario'], data.get('name')]))}"]
    header = " ".join(f"{f'{name} p95':>12}" for name in SHOWN_METRICS)
    lines.append(f"  {'load':>8} {'ok/s':>8} {'good':>7} {'interval':^15} {header}")
    for step in data["steps"]:
        notes = [step["verdict"], *(["falls behind"] if step["behind"] else []), *step["doubts"]]
        good = f"{step['share']:>7.1%} {step['share_low']:>7.1%}–{step['share_high']:<7.1%}"
        metrics = " ".join(f"{_p95_cell(step, name):>12}" for name in SHOWN_METRICS)
        lines.append(f"  {step['load']:>8g} {step['ok_s']:>8.4g} {good} {metrics}  {', '.join(notes)}")
    resolved, _, reason = resolution_sentence(data).partition(": ")
    lines += [knee_sentence(data), f"{resolved.upper()}: {answer_sentence(data)} ({reason})"]
    return "\n".join(lines)


def _p95_cell(step: Mapping[str, Any], metric: str) -> str:
    value = (step["figures"] or {}).get(metric, {}).get("p95")
    return "-" if value is None else f"{value:.4g}"
