"""The thresholds of a run as JUnit XML, for those who gate on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wireproof.formats.junit_xml import counts, document, element, lines, text
from wireproof.load.scenario.thresholds import measured_text


def thresholds_to_junit(found: Mapping[str, Any], *, strict: bool) -> str:
    """A test case for each threshold, and one for whether the figures can be believed."""
    results = [(one["expression"], *_threshold_result(one)) for one in found["thresholds"]]
    results.append(("the figures can be believed", *_doubts_result(found, strict=strict)))
    classname = " ".join(scenario["name"] for scenario in found["scenarios"])
    cases = (element("testcase", inner, classname=classname, name=name) for name, _, inner in results)
    suite = element(
        "testsuite",
        lines(cases),
        name=f"wireproof load: {found['provider']}",
        time=str(found["window_s"]),
        **counts(Counter(kind for _, kind, _ in results) + Counter(tests=len(results))),
    )
    return document([suite])


def _threshold_result(one: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of the result by which it is counted, and its element."""
    if one["holds"] is None:
        return "errors", element("error", message="too few values to tell")
    if one["holds"]:
        return "passes", ""
    return "failures", element("failure", message=f"{one['expression']}: {measured_text(one)}")


def _doubts_result(found: Mapping[str, Any], *, strict: bool) -> tuple[str, str]:
    """The same for the doubts; without --strict nobody asked for them, and they are told in a test that passes."""
    if found["valid"]:
        return "passes", ""
    told = text("; ".join(found["doubts"]))
    return ("failures", element("failure", told)) if strict else ("passes", element("system-out", told))
