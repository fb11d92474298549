"""Sentences about the result of a failover run, for its report and for the pages of load runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def outage_holds(outage: Mapping[str, Any]) -> bool:
    """True if an outage ended and the health page, if there is one, showed it in time."""
    return outage["recovered_s"] is not None and outage["truthful"] is not False


def failover_holds(data: Mapping[str, Any]) -> bool:
    """True if every outage ended, and the health page showed all outages in time and no others."""
    quiet = data["health"] is None or data["health"]["false_alarm_s"] <= data["health"]["within_s"]
    return quiet and all(map(outage_holds, data["outages"]))


def failover_sentence(data: Mapping[str, Any]) -> str:
    """States whether clients and the health page came through, as the exit code tells it."""
    wrong = sum(not outage_holds(outage) for outage in data["outages"])
    if wrong:
        return f"FAILED: {wrong} of {len(data['outages'])} outages did not end, or were not shown in time"
    if not failover_holds(data):
        return f"FAILED: the health page was unhealthy for {data['health']['false_alarm_s']:g} s without an outage"
    if not data["outages"]:
        return "PASSED: no request failed, so no outage was measured"
    shown = "" if data["health"] is None else ", and the health page showed them in time"
    return f"PASSED: all outages ended ({len(data['outages'])}){shown}"


def span_text(outage: Mapping[str, Any]) -> str:
    """The start and the end of an outage."""
    return f"{outage['began_s']:.2f} s to {outage['ended_s']:.2f} s"


def failures_text(outage: Mapping[str, Any]) -> str:
    """The share of failed requests in an outage, with their kinds."""
    share = outage["failed"] / (outage["failed"] + outage["served"])
    failures = ", ".join(f"{count} {what}" for what, count in outage["failures"].items())
    return f"{share:.0%} of requests failed ({failures})"


def recovery_text(outage: Mapping[str, Any]) -> str:
    """The announced waits, and the time until clients were served again."""
    recovered_s = outage["recovered_s"]
    recovery = "no ok response afterwards" if recovered_s is None else f"ok again {recovered_s:.2f} s later"
    return f"{outage['told_to_wait']} of {outage['failed']} had a Retry-After; {recovery}"


def outage_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each outage of a run: `holds`, and the words of its span, failures, recovery and health page."""
    return [
        {
            "holds": outage_holds(outage),
            "span": span_text(outage),
            "failures": failures_text(outage),
            "recovery": recovery_text(outage),
            "health": health_text(outage) if data["health"] is not None else "not polled",
        }
        for outage in data["outages"]
    ]


def health_text(outage: Mapping[str, Any]) -> str:
    """The reaction of the health page to an outage."""
    verdict = "correct" if outage["truthful"] else "WRONG"
    if outage["told_s"] is None:
        return f"{verdict}: never unhealthy"
    cleared_s = outage["cleared_s"]
    end = "never healthy again" if cleared_s is None else f"healthy {cleared_s:.2f} s after the end"
    return f"{verdict}: unhealthy after {outage['told_s']:.2f} s, {end}"
