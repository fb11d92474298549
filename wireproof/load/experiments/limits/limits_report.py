"""A probe of a limit, for people and as JSON."""

from __future__ import annotations

from typing import Any

from wireproof import __version__
from wireproof.load.experiments.limits.findings import PromiseFinding
from wireproof.load.experiments.limits.model_fit import Fit
from wireproof.load.experiments.limits.probe import LimitProbe

FINDING_WORDS = {True: "holds", False: "BROKEN", None: "seen"}


def limits_to_json(probe: LimitProbe, fitted: Fit | None, shown: list[PromiseFinding]) -> dict[str, Any]:
    """The JSON form; moments are seconds after the first request."""
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
        "explanations": [] if fitted is None else [one.as_data() for one in fitted.explanations],
        "shown": [one.as_data() for one in shown],
        "ended": probe.ended,
        "asked": [{"after_s": round(one.at - began, 3), "status": one.exchange.status} for one in probe.requests],
    }


def limits_to_text(probe: LimitProbe, fitted: Fit | None, shown: list[PromiseFinding]) -> str:
    """The model, how sure it is, and every promise beside what was found."""
    lines = [f"{probe.target.name}{_tier_text(probe)}: {_model_text(fitted)}"]
    if fitted is not None:
        lines.append(
            f"  {'resolved' if fitted.resolved else 'unresolved'}: of {fitted.request_count} requests it explains"
        )
        lines += [
            f"    {one.explained:>5}  {one.model}, {one.limit} in {one.window_s:g} s ({one.low_s:g} to {one.high_s:g})"
            for one in fitted.explanations
        ]
    wide = max((len(one.what) for one in shown), default=0)
    for one in shown:
        told = f"{one.told}; " if one.told else ""
        lines.append(f"  {FINDING_WORDS[one.holds]:<6}  {one.what:<{wide}}  {told}{one.found}")
    if probe.ended:
        lines.append(f"  ended early: {probe.ended}")
    lines.append(f"{probe.budget.requests} requests sent")
    return "\n".join(lines)


def _tier_text(probe: LimitProbe) -> str:
    return f", tier {probe.target.tier}" if probe.target.tier else ""


def _model_text(fitted: Fit | None) -> str:
    if fitted is None:
        return "no limit met"
    best = fitted.best
    # A limit of one admits alike by every model.
    sure = fitted.resolved or best.limit == 1
    kind = best.model if sure else "a limit"
    return f"{kind} of {best.limit} requests in {best.window_s:g} s"
