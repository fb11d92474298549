"""Outages, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.experiments.failover.outages import Outage


def failover_to_json(
    scenario: str, began_s: float, found: Sequence[Outage], alarmed_s: float | None, within_s: float, requests: int
) -> dict[str, Any]:
    """The JSON form (schemas/formats/failover.json); moments are seconds after the run began."""
    rows = [
        {
            "began_s": round(one.began_s - began_s, 3),
            "ended_s": round(one.ended_s - began_s, 3),
            "failed": one.failed,
            "served": one.served,
            "failures": dict(one.failures),
            "told_to_wait": one.told_to_wait,
            "recovered_s": one.recovered_s,
            "told_s": one.told_s,
            "cleared_s": one.cleared_s,
            "truthful": None if alarmed_s is None else _is_truthful(one, within_s),
        }
        for one in found
    ]
    health = None if alarmed_s is None else {"within_s": within_s, "false_alarm_s": round(alarmed_s, 3)}
    return {
        "wireproof": __version__,
        "kind": "failover",
        "scenario": scenario,
        "requests": requests,
        "outages": rows,
        "health": health,
    }


def failover_holds(data: Mapping[str, Any]) -> bool:
    """Whether every outage ended, and health told each and nothing else."""
    ended = all(one["recovered_s"] is not None and one["truthful"] is not False for one in data["outages"])
    return ended and (data["health"] is None or data["health"]["false_alarm_s"] <= data["health"]["within_s"])


def failover_to_text(data: Mapping[str, Any]) -> str:
    """Each outage as clients saw it, and what health said of it."""
    lines = [f"failover of {data['scenario']}: {data['requests']} requests, outages: {len(data['outages'])}"]
    for one in data["outages"]:
        share = one["failed"] / (one["failed"] + one["served"])
        got = ", ".join(f"{count} {what}" for what, count in one["failures"].items())
        lines.append(f"  {one['began_s']:.2f} s to {one['ended_s']:.2f} s: {share:.0%} of requests let down ({got})")
        wait = f"{one['told_to_wait']} of {one['failed']} were told when to come back"
        again = (
            "no answer was ok any more" if one["recovered_s"] is None else f"ok again {one['recovered_s']:.2f} s later"
        )
        lines.append(f"    {wait}; {again}")
        if data["health"] is not None:
            lines.append(f"    health: {_health_text(one)}")
    if data["health"] is None:
        lines.append("  the contract has no health page")
    elif data["health"]["false_alarm_s"]:
        lines.append(f"  health was ill for {data['health']['false_alarm_s']:.2f} s in which nobody was let down")
    return "\n".join(lines)


def _health_text(one: Mapping[str, Any]) -> str:
    word = "told the truth" if one["truthful"] else "DID NOT TELL THE TRUTH"
    told = "never ill" if one["told_s"] is None else f"ill after {one['told_s']:.2f} s"
    cleared = "" if one["told_s"] is None else (
        ", well no more" if one["cleared_s"] is None else f", well {one['cleared_s']:.2f} s after the end"
    )  # fmt: skip
    return f"{word}: {told}{cleared}"


def _is_truthful(one: Outage, within_s: float) -> bool:
    soon = one.told_s is not None and one.told_s <= within_s
    # What is over before health can tell it need not be told.
    return (soon or one.seconds < within_s) and (one.told_s is None or (one.cleared_s or within_s + 1) <= within_s)
