"""The thresholds of a run as JUnit XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wireproof.formats.junit_xml import counts, document, element, lines, text
from wireproof.load.scenario.thresholds import breaks_promises, measured_text


def thresholds_to_junit(summary: Mapping[str, Any], *, strict: bool) -> str:
    """Returns a test suite: a test case for each threshold, one for the answers and one for the validity."""
    results = [(row["expression"], *_threshold_result(row)) for row in summary["thresholds"]]
    results.append(("the answers keep their promises", *_promises_result(summary)))
    results.append(("the figures are valid", *_doubts_result(summary, strict=strict)))
    classname = " ".join(scenario["name"] for scenario in summary["scenarios"])
    cases = (element("testcase", inner, classname=classname, name=name) for name, _, inner in results)
    suite = element(
        "testsuite",
        lines(cases),
        name=f"wireproof load: {summary['provider']}",
        time=str(summary["window_s"]),
        **counts(Counter(kind for _, kind, _ in results) + Counter(tests=len(results))),
    )
    return document([suite])


def _threshold_result(row: Mapping[str, Any]) -> tuple[str, str]:
    """The counter of the result, and the element inside its test case."""
    if row["holds"] is None:
        return "errors", element("error", message="undecided (too few samples)")
    if row["holds"]:
        return "passes", ""
    return "failures", element("failure", message=f"{row['expression']}: {measured_text(row)}")


def _promises_result(summary: Mapping[str, Any]) -> tuple[str, str]:
    """The same for the answers, which fail if some break a must and no threshold allows it."""
    if not breaks_promises(summary):
        return "passes", ""
    judged, kept = summary["conformance"]["judged"], summary["conformance"]["conformant"]
    return "failures", element("failure", message=f"{judged - kept} of {judged} answers break a must")


def _doubts_result(summary: Mapping[str, Any], *, strict: bool) -> tuple[str, str]:
    """The same for the doubts, which are a failure under --strict and else the output of a test that passes."""
    if summary["valid"]:
        return "passes", ""
    doubts = text("; ".join(summary["doubts"]))
    return ("failures", element("failure", doubts)) if strict else ("passes", element("system-out", doubts))
