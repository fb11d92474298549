"""junit.xml: a suite for each target and contract, a test case for each verdict."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from wireproof.report.facts import Facts
from wireproof.report.plain import printable, xml
from wireproof.verdict import SKIPPED, Verdict

COUNTED = ("tests", "failures", "errors", "skipped")


def junit(facts: Facts) -> str:
    """The document; a failure in it is a verdict that fails the run, and advice is a passed test that says more."""
    suites = "\n".join(_suite(facts, target, contract) for target, contract in facts.columns)
    return _element("testsuites", f"\n{suites}\n", name="wireproof") + "\n"


def _suite(facts: Facts, target: str, contract: str) -> str:
    verdicts = list(facts.of(target, contract))
    kinds = [_kind(verdict, at in facts.gating) for at, verdict in verdicts]
    counted = Counter(kinds) + Counter(tests=len(kinds))
    suite = {"wireproof": facts.report["wireproof"], "suite": facts.report["suite"]["digest"], "contract": contract}
    cases = [_case(verdict, kind) for (_, verdict), kind in zip(verdicts, kinds, strict=True)]
    return _element(
        "testsuite",
        "\n".join(("", f" {_properties(**suite)}", *cases, "")),
        name=f"{target}: {facts.promise(target, contract)}",
        **{name: str(counted[name]) for name in COUNTED},
        timestamp=facts.report["started"],
    )


def _kind(verdict: Verdict, gates: bool) -> str:
    if verdict.outcome == "error":
        return "errors"
    if gates:
        return "failures"
    if verdict.outcome in SKIPPED:
        return "skipped"
    return "advice" if verdict.outcome == "fail" else "passes"


def _case(verdict: Verdict, kind: str) -> str:
    clauses = " ".join(clause.id for clause in verdict.clauses)
    told = _properties(
        outcome=verdict.outcome, level=verdict.level, clause=clauses, requirement=verdict.requirement
    ) + _result(verdict, kind)
    name = f"{verdict.check}[{verdict.case}]"
    classname = f"{verdict.target}.{verdict.provider}.{verdict.area}"
    return " " + _element("testcase", told, classname=classname, name=name)


def _result(verdict: Verdict, kind: str) -> str:
    if kind == "errors":
        return _element("error", message=verdict.message)
    if kind == "failures":
        message = f"{verdict.outcome}: {verdict.message}"
        return _element("failure", _story(verdict), message=message, type=verdict.level)
    if kind == "skipped":
        return _element("skipped", message=f"{verdict.outcome}: {verdict.message}")
    return _element("system-out", _text(f"advice, {verdict.level}: {verdict.message}")) if kind == "advice" else ""


def _properties(**values: str) -> str:
    return _element(
        "properties", "".join(_element("property", name=name, value=value) for name, value in values.items())
    )


def _story(verdict: Verdict) -> str:
    lines = [f"requirement  {verdict.requirement}"]
    for finding in verdict.findings:
        lines += [f"expected     {finding.expected}", f"actual       {finding.actual}", f"where        {finding.where}"]
    return "\n".join(map(_text, lines))


def _element(tag: str, inner: str = "", **values: str) -> str:
    """An element around what is XML already; the values of its attributes are texts."""
    told = "".join(f" {name}={_quoted(value)}" for name, value in values.items())
    return f"<{tag}{told}>{inner}</{tag}>" if inner else f"<{tag}{told}/>"


# Most of what is told of a verdict is told of many.
@lru_cache(maxsize=1 << 14)
def _quoted(text: str) -> str:
    return quoteattr(_said(text))


def _text(text: str) -> str:
    return escape(_said(text))


def _said(text: str) -> str:
    return xml(printable(text))
