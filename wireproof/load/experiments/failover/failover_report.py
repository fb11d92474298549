"""The result of a failover run as JSON and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.experiments.failover.outages import Outage


def failover_to_json(
    scenario: str,
    began_s: float,
    outages: Sequence[Outage],
    alarmed_s: float | None,
    within_s: float,
    requests: int,
    name: str | None = None,
) -> dict[str, Any]:
    """The JSON form (schemas/formats/failover.json); times are seconds since the start of the run.

    Args:
        began_s: the start of the run in Unix seconds.
        alarmed_s: seconds of false alarms; None if the contract has no health page.
        within_s: the most seconds that the health page may need to show an outage and its end.
    """
    rows = [
        {
            "began_s": round(outage.began_s - began_s, 3),
            "ended_s": round(outage.ended_s - began_s, 3),
            "failed": outage.failed,
            "served": outage.served,
            "failures": dict(outage.failures),
            "told_to_wait": outage.told_to_wait,
            "recovered_s": outage.recovered_s,
            "told_s": outage.told_s,
            "cleared_s": outage.cleared_s,
            "truthful": None if alarmed_s is None else _is_truthful(outage, within_s),
        }
        for outage in outages
    ]
    health = None if alarmed_s is None else {"within_s": within_s, "false_alarm_s": round(alarmed_s, 3)}
    return {
        "wireproof": __version__,
        "kind": "failover",
        **({"name": name} if name else {}),
        "scenario": scenario,
        "requests": requests,
        "outages": rows,
        "health": health,
    }


def failover_holds(data: Mapping[str, Any]) -> bool:
    """True if every outage ended, and the health page showed all outages in time and no others."""
    ended = all(outage["recovered_s"] is not None and outage["truthful"] is not False for outage in data["outages"])
    return ended and (data["health"] is None or data["health"]["false_alarm_s"] <= data["health"]["within_s"])


def failover_to_text(data: Mapping[str, Any]) -> str:
    """Returns for each outage the failures of clients and the reaction of the health page."""
    what = " at ".join(filter(None, [data["scenario"], data.get("name")]))
    lines = [f"failover of {what}: {data['requests']} requests, outages: {len(data['outages'])}"]
    for outage in data["outages"]:
        share = outage["failed"] / (outage["failed"] + outage["served"])
        failures = ", ".join(f"{count} {what}" for what, count in outage["failures"].items())
        span = f"{outage['began_s']:.2f} s to {outage['ended_s']:.2f} s"
        lines.append(f"  {span}: {share:.0%} of requests failed ({failures})")
        wait = f"{outage['told_to_wait']} of {outage['failed']} had a Retry-After"
        recovered_s = outage["recovered_s"]
        recovery = "no ok response afterwards" if recovered_s is None else f"ok again {recovered_s:.2f} s later"
        lines.append(f"    {wait}; {recovery}")
        if data["health"] is not None:
            lines.append(f"    health page: {_health_text(outage)}")
    if data["health"] is None:
        lines.append("  the contract has no health page")
    elif data["health"]["false_alarm_s"]:
        lines.append(f"  false alarm: unhealthy for {data['health']['false_alarm_s']:.2f} s without failed requests")
    return "\n".join(lines)


def _health_text(outage: Mapping[str, Any]) -> str:
    verdict = "correct" if outage["truthful"] else "WRONG"
    if outage["told_s"] is None:
        return f"{verdict}: never unhealthy"
    cleared_s = outage["cleared_s"]
    end = "never healthy again" if cleared_s is None else f"healthy {cleared_s:.2f} s after the end"
    return f"{verdict}: unhealthy after {outage['told_s']:.2f} s, {end}"


def _is_truthful(outage: Outage, within_s: float) -> bool:
    in_time = outage.told_s is not None and outage.told_s <= within_s
    cleared_in_time = outage.told_s is None or (outage.cleared_s or within_s + 1) <= within_s
    # An outage shorter than the time allowed may be missed.
    return (in_time or outage.seconds < within_s) and cleared_in_time
