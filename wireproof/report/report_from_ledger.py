"""Rebuilds report.json from a ledger alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.evidence.ledger_reader import read_facts
from wireproof.evidence.token_usage import TokenUsage
from wireproof.judging.gate import Gate
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.report.report_json import build_report_json, count_outcomes, suite_without_digest

# The fields of a target in report.json; a ledger has more of them, for re-judging.
TARGET_MEMBERS = ("name", "provider", "base_url", "models", "profile")
DEFAULT_GATE = {"fail_on": "must", "authority": "document"}


def rebuild_report(file: Path) -> dict[str, Any]:
    """The report of the run that wrote this ledger; it is incomplete if the run was cut off."""
    facts = _facts_by_kind(file)
    header, footers = facts["header"][0], facts.get("footer", [])
    verdicts = [Verdict.from_data(fact["verdict"]) for fact in facts.get("verdict", ())]
    own = {target["name"]: target["provider"] for target in header["targets"]}
    policy = header.get("policy", DEFAULT_GATE)
    usage = TokenUsage()
    for fact in facts.get("exchange", ()):
        usage.add(exchange_from_json(fact))
    return build_report_json(
        [{name: value for name, value in target.items() if name in TARGET_MEMBERS} for target in header["targets"]],
        [verdict.as_data() for verdict in verdicts],
        count_outcomes(verdicts),
        find_divergences(verdicts, own),
        asdict(usage),
        started=header["started"],
        complete=bool(footers),
        policy=policy,
        gating=find_gating_positions(verdicts, own, policy),
        exit=footers[-1]["exit"] if footers else 2,
        suite=header.get("suite") or suite_without_digest(header["wireproof"]),
    )


def find_gating_positions(verdicts: Sequence[Verdict], own: Mapping[str, str], policy: Mapping[str, str]) -> list[int]:
    """The positions of the verdicts that fail a run under this policy, without a baseline."""
    gate = Gate(policy["fail_on"], policy["authority"], own)
    return [at for at, verdict in enumerate(verdicts) if gate.fails_run(verdict)]


def _facts_by_kind(file: Path) -> dict[str, list[dict[str, Any]]]:
    facts: dict[str, list[dict[str, Any]]] = {}
    try:
        for fact in read_facts(file):
            facts.setdefault(fact["kind"], []).append(fact)
    except LedgerError:
        # A run that was cut off may end in half a line.
        if "header" not in facts:
            raise
    return facts
