"""report.sarif: the causes of failures and errors as results of static analysis, in SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from wireproof.contract import loading
from wireproof.contract.target_columns import url_of_column
from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.remedies import advice_for
from wireproof.report.finding_groups import ADVICE, FindingGroup, general_place
from wireproof.report.finding_text import cases_text, difference_text
from wireproof.report.finished_run import LEDGER_FILE, FinishedRun

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_json(facts: FinishedRun) -> dict[str, Any]:
    """The SARIF log of one run: a result for each cause that makes it red, and none for a green run."""
    groups = [group for group in facts.findings if group.kind != ADVICE]
    rules = {check: at for at, check in enumerate(dict.fromkeys(group.checks[0] for group in groups))}
    report = facts.report
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _tool_driver(rules, groups, report)},
                "automationDetails": {"id": f"wireproof/{'+'.join(printable(name) for name in facts.own_contracts)}/"},
                "invocations": [{"executionSuccessful": report["exit"] != 2 and report["complete"]}],
                "originalUriBaseIds": {
                    "REPORTS": {"description": {"text": "The folder of this file and of the ledger."}}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result_data(facts, group, rules) for group in groups],
            }
        ],
    }


def _tool_driver(rules: Iterable[str], groups: Iterable[FindingGroup], report: Any) -> dict[str, Any]:
    by_check = {group.checks[0]: group for group in groups}
    providers = loading.load_providers()
    rules_data = [
        {
            "id": check,
            "shortDescription": {"text": by_check[check].requirement},
            **_help_uri(url_of_column(by_check[check].contracts[0], providers)),
            "help": {"text": _help_text(check, by_check[check].requirement)},
            "properties": {"tags": [check.partition(".")[0], "wireproof"]},
        }
        for check in rules
    ]
    return {"name": "wireproof", "version": report["wireproof"], "rules": rules_data}


def _help_uri(url: str) -> dict[str, str]:
    return {"helpUri": url} if url else {}


def _help_text(check: str, requirement: str) -> str:
    return f"{requirement} {advice_for(check)} `wireproof explain {check}` names the clauses behind it."


def _result_data(facts: FinishedRun, group: FindingGroup, rules: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": group.checks[0],
        "ruleIndex": rules[group.checks[0]],
        "level": "error",
        "message": {"text": _message_text(group)},
        "locations": [_ledger_location(facts, group)],
        "partialFingerprints": {"cause/v1": finding_fingerprint(group)},
        "occurrenceCount": len(group.positions),
        "properties": {
            "target": printable(group.target),
            "contracts": list(group.contracts),
            "checks": list(group.checks),
            "cases": list(group.cases),
            "kind": group.kind,
            "level": group.level,
            "clauses": list(group.clauses),
        },
    }


def _message_text(group: FindingGroup) -> str:
    # SARIF reads text in square brackets as a link.
    message = shorten(printable(difference_text(group))).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    rules = f" ({', '.join(group.clauses)})" if group.clauses else ""
    return f"{printable(group.target)}, {cases_text(group)}: {group.requirement}{rules} But: {message}"


def _ledger_location(facts: FinishedRun, group: FindingGroup) -> dict[str, Any]:
    """The line of the ledger with the exchange, since a response has no source file."""
    line = facts.ledger_lines.get((group.target, group.cases[0].rpartition("+")[2]), 1)
    name = f"{printable(group.target)}/{group.contracts[0]}/{group.checks[0]}/{group.cases[0]}"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": LEDGER_FILE, "uriBaseId": "REPORTS"},
            "region": {"startLine": line},
        },
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def finding_fingerprint(group: FindingGroup) -> str:
    """A digest that is the same in every run for the same check and place of a target."""
    name = "\0".join((group.target, group.checks[0], general_place(group.where)))
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
