"""junit.xml: one test suite for each target and contract, one test case for each verdict, by cause."""

from __future__ import annotations

from collections import Counter

from wireproof.formats.junit_xml import counts, document, element, lines, text
from wireproof.judging.outcomes import ERROR_OUTCOMES, PASSING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.report.finding_text import cases_text, checks_text, detail_lines
from wireproof.report.finished_run import FinishedRun

# The kinds of test cases that do not repeat the requirement of their check.
KINDS_WITHOUT_REQUIREMENT = ("passes", "skipped")


def junit_xml(facts: FinishedRun) -> str:
    """The XML document; a verdict that fails the run is a failure, advice is a passed test with a system-out."""
    return document(_suite_element(facts, target, contract) for target, contract in facts.columns)


def _suite_element(facts: FinishedRun, target: str, contract: str) -> str:
    last = len(facts.findings)
    verdicts = sorted(facts.column_verdicts(target, contract), key=lambda row: facts.finding_ranks.get(row[0], last))
    kinds = [_result_kind(verdict, at in facts.gating_positions) for at, verdict in verdicts]
    counted = Counter(kinds) + Counter(tests=len(kinds))
    counted_promises = {
        name: str(value)
        for one in facts.promises
        if (one.target, one.contract) == (target, contract)
        for name, value in (("promises", one.total), ("decided", len(one.decided)))
    }
    suite = {"wireproof": facts.report["wireproof"], "suite": facts.report["suite"]["digest"], "contract": contract}
    cases = [_case_element(facts, at, verdict, kind) for (at, verdict), kind in zip(verdicts, kinds, strict=True)]
    return element(
        "testsuite",
        lines((_properties_element(**suite, **counted_promises), *cases)),
        name=f"{target}: {facts.promise_text(target, contract)}",
        **counts(counted),
        timestamp=facts.report["started"],
    )


def _result_kind(verdict: Verdict, gates: bool) -> str:
    if verdict.outcome in ERROR_OUTCOMES:
        return "errors"
    if gates:
        return "failures"
    if verdict.outcome in SKIP_OUTCOMES:
        return "skipped"
    return "passes" if verdict.outcome in PASSING_OUTCOMES else "advice"


def _case_element(facts: FinishedRun, at: int, verdict: Verdict, kind: str) -> str:
    clauses = " ".join(clause.id for clause in verdict.clauses)
    # Most verdicts pass; their requirements would be a quarter of the file, and report.json has them.
    requirement = {} if kind in KINDS_WITHOUT_REQUIREMENT else {"requirement": verdict.requirement}
    properties = _properties_element(outcome=verdict.outcome, level=verdict.level, clause=clauses, **requirement)
    content = properties + _result_element(facts, at, verdict, kind)
    name = f"{verdict.check}[{verdict.case}]"
    classname = f"{verdict.target}.{verdict.provider}.{verdict.area}"
    return element("testcase", content, classname=classname, name=name)


def _result_element(facts: FinishedRun, at: int, verdict: Verdict, kind: str) -> str:
    if kind == "errors":
        return element("error", message=verdict.message)
    if kind == "failures":
        message = f"{verdict.outcome}: {verdict.message}"
        return element("failure", _finding_text(facts, at, verdict), message=message, type=verdict.level)
    if kind == "skipped":
        return element("skipped", message=f"{verdict.outcome}: {verdict.message}")
    return element("system-out", text(f"advice, {verdict.level}: {verdict.message}")) if kind == "advice" else ""


def _properties_element(**values: str) -> str:
    return element("properties", "".join(element("property", name=name, value=value) for name, value in values.items()))


def _finding_text(facts: FinishedRun, at: int, verdict: Verdict) -> str:
    """The values that this verdict saw, then its cause with its cases, the command that repeats it, and the remedy."""
    rows = []
    for finding in verdict.findings:
        rows += [f"expected     {finding.expected}", f"actual       {finding.actual}", f"where        {finding.where}"]
    group = facts.findings[facts.finding_ranks[at]]
    rows += ["", f"cause        {checks_text(group)}: {cases_text(group)}", *detail_lines(facts, group)]
    return "\n".join(map(text, rows))
