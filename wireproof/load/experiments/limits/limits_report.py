"""The result of a limit probe as JSON and as text."""

from __future__ import annotations

from typing import Any

from wireproof import __version__
from wireproof.load.experiments.limits.findings import PromiseFinding
from wireproof.load.experiments.limits.model_fit import Fit
from wireproof.load.experiments.limits.probe import LimitProbe

FINDING_WORDS = {True: "ok", False: "BROKEN", None: "info"}


def limits_to_json(probe: LimitProbe, fitted: Fit | None, findings: list[PromiseFinding]) -> dict[str, Any]:
    """The JSON form (schemas/formats/limits.json); times are seconds since the first request."""
    began = probe.requests[0].at if probe.requests else 0.0
    return {
        "wireproof": __version__,
        "kind": "limits",
        "headline": f"{probe.target.name}{_tier_text(probe)}: {_model_text(fitted)}",
        "target": probe.target.name,
        "tier": probe.target.tier,
        "requests": probe.budget.requests,
        "resolved": fitted is not None and fitted.resolved,
        "confidence": None if fitted is None else fitted.confidence,
        "explanations": [] if fitted is None else [explanation.as_data() for explanation in fitted.explanations],
        "shown": [finding.as_data() for finding in findings],
        "ended": probe.ended,
        "asked": [{"after_s": round(sent.at - began, 3), "status": sent.exchange.status} for sent in probe.requests],
    }


def limits_to_text(probe: LimitProbe, fitted: Fit | None, findings: list[PromiseFinding]) -> str:
    """Returns the model, the requests that each model explains, and a line for each finding."""
    lines = [f"{probe.target.name}{_tier_text(probe)}: {_model_text(fitted)}"]
    if fitted is not None:
        certainty = "resolved" if fitted.resolved else "unresolved"
        lines.append(f"  {certainty}; of {fitted.request_count} requests each model explains")
        lines += [
            f"    {fit.explained:>5}  {fit.model}, {fit.limit} in {fit.window_s:g} s ({fit.low_s:g} to {fit.high_s:g})"
            for fit in fitted.explanations
        ]
    width = max((len(finding.what) for finding in findings), default=0)
    for finding in findings:
        promised = f"{finding.told}; " if finding.told else ""
        lines.append(f"  {FINDING_WORDS[finding.holds]:<6}  {finding.what:<{width}}  {promised}{finding.found}")
    if probe.ended:
        lines.append(f"  ended early: {probe.ended}")
    lines += [f"{probe.budget.requests} requests sent", _verdict_line(findings)]
    return "\n".join(lines)


def _verdict_line(findings: list[PromiseFinding]) -> str:
    """The result that the exit code stands for."""
    broken = [finding.what for finding in findings if finding.holds is False]
    if broken:
        return f"FAILED: {', '.join(broken)}"
    held = sum(finding.holds is True for finding in findings)
    return f"PASSED: {held} promises about the limit hold" if held else "PASSED: no promise about the limit was decided"


def _tier_text(probe: LimitProbe) -> str:
    return f", tier {probe.target.tier}" if probe.target.tier else ""


def _model_text(fitted: Fit | None) -> str:
    if fitted is None:
        return "no limit met"
    best = fitted.best
    # All models are equal for a limit of one request, so none can be resolved.
    certain = fitted.resolved or best.limit == 1
    kind = best.model if certain else "a limit"
    return f"{kind} of {best.limit} requests in {best.window_s:g} s"
