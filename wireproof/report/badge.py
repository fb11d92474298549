"""badge.json: the outcome of a run in one line, in the format of shields.io's endpoint badge."""

from __future__ import annotations

from typing import Any

from wireproof.contract.clause import WIRE
from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.outcomes import DECIDED_OUTCOMES
from wireproof.report.finished_run import FinishedRun


def badge_json(facts: FinishedRun) -> dict[str, Any]:
    """The badge of a run; the label names the target, the message counts its judgements."""
    targets = list(facts.own_contracts)
    label = "wireproof" if len(targets) != 1 else f"wireproof: {shorten(printable(targets[0]), 40)}"
    message, color = _message_and_color(facts)
    return {"schemaVersion": 1, "label": label, "message": message, "color": color, "isError": color == "lightgrey"}


def _message_and_color(facts: FinishedRun) -> tuple[str, str]:
    if facts.report["exit"] not in (0, 1) or not facts.report["complete"]:
        return "not judged", "lightgrey"
    if facts.gating_positions:
        broken = {
            (verdict.target, verdict.check) for at, verdict in enumerate(facts.verdicts) if at in facts.gating_positions
        }
        return f"{len(broken)} broken promise{'s' if len(broken) > 1 else ''}", "red"
    if facts.report["exit"] == 1:
        return "baseline out of date", "orange"
    gating = (v for v in facts.verdicts if v.provider in (facts.own_contracts.get(v.target), WIRE))
    decided = sum(verdict.outcome in DECIDED_OUTCOMES for verdict in gating)
    return f"{decided} judgements hold", "brightgreen"
