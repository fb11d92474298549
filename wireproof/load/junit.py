"""The thresholds of a run as JUnit XML, for those who gate on it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from wireproof.load.threshold import measured
from wireproof.report.plain import xml


def junit(found: Mapping[str, Any], *, strict: bool) -> str:
    """A test case for each threshold, and one for whether the figures can be believed."""
    suite = ET.Element("testsuite", name=f"wireproof load: {found['provider']}", time=str(found["window_s"]))
    counted = {"tests": 1 + len(found["thresholds"]), "failures": 0, "errors": 0, "skipped": 0}
    name = " ".join(scenario["name"] for scenario in found["scenarios"])
    for one in found["thresholds"]:
        case = ET.SubElement(suite, "testcase", classname=xml(name), name=xml(one["expression"]))
        if one["holds"] is None:
            ET.SubElement(case, "error", message="too few values to tell")
            counted["errors"] += 1
        elif not one["holds"]:
            ET.SubElement(case, "failure", message=xml(f"{one['expression']}: {measured(one)}"))
            counted["failures"] += 1
    case = ET.SubElement(suite, "testcase", classname=xml(name), name="the figures can be believed")
    if not found["valid"]:
        # Without --strict nobody asked for this: it is told, and passes.
        ET.SubElement(case, "failure" if strict else "system-out").text = xml("; ".join(found["doubts"]))
        counted["failures"] += strict
    for word, number in counted.items():
        suite.set(word, str(number))
    root = ET.Element("testsuites", name="wireproof")
    root.append(suite)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"
