"""The result of a failover run as JSON and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.experiments.failover.outages import Outage
from wireproof.load.results.failover_words import (
    failover_sentence,
    failures_text,
    health_text,
    recovery_text,
    span_text,
)


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


def failover_to_text(data: Mapping[str, Any]) -> str:
    """Returns for each outage the failures of clients and the reaction of the health page."""
    what = " at ".join(filter(None, [data["scenario"], data.get("name")]))
    lines = [f"failover of {what}: {data['requests']} requests, outages: {len(data['outages'])}"]
    for outage in data["outages"]:
        lines.append(f"  {span_text(outage)}: {failures_text(outage)}")
        lines.append(f"    {recovery_text(outage)}")
        if data["health"] is not None:
            lines.append(f"    health page: {health_text(outage)}")
    if data["health"] is None:
        lines.append("  no health page was polled")
    elif data["health"]["false_alarm_s"]:
        lines.append(f"  false alarm: unhealthy for {data['health']['false_alarm_s']:.2f} s without failed requests")
    return "\n".join([*lines, failover_sentence(data)])


def _is_truthful(outage: Outage, within_s: float) -> bool:
    in_time = outage.told_s is not None and outage.told_s <= within_s
    cleared_in_time = outage.told_s is None or (outage.cleared_s or within_s + 1) <= within_s
    # An outage shorter than the time allowed may be missed.
    return (in_time or outage.seconds < within_s) and cleared_in_time
