"""report.sarif: failures, errors and advice as results of static analysis, in SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import LEDGER_FILE, FinishedRun, ranked_positions

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SARIF_LEVELS = {"should": "warning", "may": "note"}


def sarif_json(facts: FinishedRun) -> dict[str, Any]:
    """The SARIF log of one run; `error` fails the run, `warning` and `note` are advice."""
    positions = ranked_positions(facts)
    rules = {check: at for at, check in enumerate(sorted({facts.verdicts[at].check for at in positions}))}
    report = facts.report
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _tool_driver(rules, [facts.verdicts[at] for at in positions], report)},
                "automationDetails": {"id": f"wireproof/{'+'.join(printable(name) for name in facts.own_contracts)}/"},
                "invocations": [{"executionSuccessful": report["exit"] != 2 and report["complete"]}],
                "originalUriBaseIds": {
                    "REPORTS": {"description": {"text": "The folder of this file and of the ledger."}}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result_data(facts, at, rules) for at in positions],
            }
        ],
    }


def _tool_driver(rules: Iterable[str], verdicts: Iterable[Verdict], report: Any) -> dict[str, Any]:
    by_check = {verdict.check: verdict for verdict in verdicts}
    rules_data = [
        {
            "id": check,
            "shortDescription": {"text": by_check[check].requirement},
            "help": {"text": f"{by_check[check].requirement} `wireproof explain {check}` names the clauses behind it."},
            "properties": {"tags": [by_check[check].area, "wireproof"]},
        }
        for check in rules
    ]
    return {"name": "wireproof", "version": report["wireproof"], "rules": rules_data}


def _result_data(facts: FinishedRun, at: int, rules: dict[str, int]) -> dict[str, Any]:
    verdict = facts.verdicts[at]
    own = verdict.provider == facts.own_contracts.get(verdict.target)
    advice = SARIF_LEVELS.get(verdict.level, "warning") if own else "note"
    clauses = [clause.id for clause in verdict.clauses if clause.outcome == verdict.outcome]
    return {
        "ruleId": verdict.check,
        "ruleIndex": rules[verdict.check],
        "level": "error" if at in facts.gating_positions or verdict.outcome == "error" else advice,
        "message": {"text": _message_text(verdict, clauses)},
        "locations": [_ledger_location(facts, verdict)],
        "partialFingerprints": {"judgement/v1": verdict_fingerprint(verdict)},
        "properties": {
            "target": printable(verdict.target),
            "contract": verdict.provider,
            "case": verdict.case,
            "outcome": verdict.outcome,
            "level": verdict.level,
            "clauses": clauses,
        },
    }


def _message_text(verdict: Verdict, clauses: list[str]) -> str:
    # SARIF reads text in square brackets as a link.
    message = shorten(printable(verdict.message)).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    rules = f" ({', '.join(clauses)})" if clauses else ""
    return f"{printable(verdict.target)}, {verdict.case}: {verdict.requirement}{rules} But: {message}"


def _ledger_location(facts: FinishedRun, verdict: Verdict) -> dict[str, Any]:
    """The line of the ledger with the exchange, since a response has no source file."""
    line = facts.ledger_lines.get((verdict.target, verdict.case.rpartition("+")[2]), 1)
    name = f"{printable(verdict.target)}/{verdict.provider}/{verdict.check}/{verdict.case}"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": LEDGER_FILE, "uriBaseId": "REPORTS"},
            "region": {"startLine": line},
        },
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def verdict_fingerprint(verdict: Verdict) -> str:
    """A digest that is the same in every run for the same check, case, contract and target."""
    name = "\0".join((verdict.target, verdict.provider, verdict.check, verdict.case))
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
