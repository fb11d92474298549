"""junit.xml: a suite for each target and contract, a test case for each verdict."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter

from wireproof.report.facts import Facts
from wireproof.report.plain import xml
from wireproof.report.violation import printable
from wireproof.verdict import SKIPPED, Verdict


def junit(facts: Facts) -> str:
    """The document; a failure in it is a verdict that fails the run, and advice is a passed test that says more."""
    root = ET.Element("testsuites", name="wireproof")
    for target, contract in facts.columns:
        suite = ET.SubElement(root, "testsuite", name=_said(f"{target}: {facts.promise(target, contract)}"))
        counted: Counter[str] = Counter(tests=0, failures=0, errors=0, skipped=0)
        _properties(
            suite, wireproof=facts.report["wireproof"], suite=facts.report["suite"]["digest"], contract=contract
        )
        for at, verdict in facts.of(target, contract):
            counted.update(("tests", _case(suite, verdict, at in facts.gating)))
        for name in ("tests", "failures", "errors", "skipped"):
            suite.set(name, str(counted[name]))
        suite.set("timestamp", _said(facts.report["started"]))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(suite: ET.Element, verdict: Verdict, gates: bool) -> str:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_said(f"{verdict.target}.{verdict.provider}.{verdict.area}"),
        name=_said(f"{verdict.check}[{verdict.case}]"),
    )
    clauses = " ".join(clause.id for clause in verdict.clauses)
    _properties(case, outcome=verdict.outcome, level=verdict.level, clause=clauses, requirement=verdict.requirement)
    message = _said(verdict.message)
    if verdict.outcome == "error":
        ET.SubElement(case, "error", message=message)
        return "errors"
    if gates:
        ET.SubElement(case, "failure", message=f"{verdict.outcome}: {message}", type=verdict.level).text = _story(
            verdict
        )
        return "failures"
    if verdict.outcome in SKIPPED:
        ET.SubElement(case, "skipped", message=f"{verdict.outcome}: {message}")
        return "skipped"
    if verdict.outcome == "fail":
        ET.SubElement(case, "system-out").text = f"advice, {verdict.level}: {message}"
    return "passes"


def _properties(parent: ET.Element, **values: str) -> None:
    held = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(held, "property", name=name, value=_said(value))


def _story(verdict: Verdict) -> str:
    lines = [f"requirement  {verdict.requirement}"]
    for finding in verdict.findings:
        lines += [f"expected     {finding.expected}", f"actual       {finding.actual}", f"where        {finding.where}"]
    return "\n".join(_said(line) for line in lines)


def _said(text: str) -> str:
    return xml(printable(text))
