"""Rebuilds report.json from a ledger alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wireproof.contract import loading
from wireproof.contract.target_columns import columns_for
from wireproof.errors import LedgerError
from wireproof.evidence.exchange import Exchange
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.evidence.ledger_reader import read_facts
from wireproof.evidence.token_usage import TokenUsage
from wireproof.judging.decided_promises import DocumentPromises, promises_of_run
from wireproof.judging.gate import Gate
from wireproof.judging.shown_abilities import COLOUR_CHECK, found_abilities, requested_model, requested_role
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.report.finding_groups import group_findings
from wireproof.report.report_json import build_report_json, count_outcomes, suite_without_digest

# The fields of a target in report.json; a ledger has more of them, for re-judging.
TARGET_MEMBERS = ("name", "provider", "base_url", "models", "profile", "left_out")
DEFAULT_GATE = {"fail_on": "must", "authority": "document"}


def rebuild_report(file: Path) -> dict[str, Any]:
    """The report of the run that wrote this ledger; it is incomplete if the run was cut off."""
    facts = _facts_by_kind(file)
    header, footers = facts["header"][0], facts.get("footer", [])
    verdicts = [Verdict.from_data(fact["verdict"]) for fact in facts.get("verdict", ())]
    own = {target["name"]: target["provider"] for target in header["targets"]}
    policy = header.get("policy", DEFAULT_GATE)
    usage, exchanges = TokenUsage(), [exchange_from_json(fact) for fact in facts.get("exchange", ())]
    for exchange in exchanges:
        usage.add(exchange)
    gate = _gate_of_run(own, policy)
    told = footers[-1].get("promises") if footers else None
    promises = (
        _promises_of_ledger(header, verdicts, own, complete=bool(footers))
        if told is None
        else tuple(map(DocumentPromises.from_data, told))
    )
    gating = [at for at, verdict in enumerate(verdicts) if gate.fails_run(verdict)]
    exit = footers[-1]["exit"] if footers else 2
    # A ledger of an earlier version may end with 0 although too little was decided.
    too_little = gate.too_little_decided(verdicts, (), promises) if exit != 1 else []
    return build_report_json(
        [_target_facts(target, exchanges, live=header["live"]) for target in header["targets"]],
        [verdict.as_data() for verdict in verdicts],
        count_outcomes(verdicts),
        find_divergences(verdicts, own),
        asdict(usage),
        started=header["started"],
        complete=bool(footers),
        policy=policy,
        gating=gating,
        exit=2 if too_little else exit,
        promises=promises,
        too_little=too_little,
        findings=group_findings(verdicts, gating, own),
        suite=header.get("suite") or suite_without_digest(header["wireproof"]),
    )


def _target_facts(target: Mapping[str, Any], exchanges: Iterable[Exchange], *, live: bool) -> dict[str, Any]:
    """The facts of a target for the report; those of a live one tell what its chat model can do."""
    facts = {name: value for name, value in target.items() if name in TARGET_MEMBERS}
    answers, cases = [one for one in exchanges if one.target == target["name"]], loading.load_cases()
    # The header does not name a model that was picked from the list.
    picked = (
        requested_model(one) for one in answers if one.case in cases and requested_role(one, cases[one.case]) == "chat"
    )
    model = target["models"].get("chat") or next((name for name in picked if isinstance(name, str)), None)
    if not live or model is None:
        return facts
    found = found_abilities(model, answers, cases, load_checks()[COLOUR_CHECK])
    return {**facts, "abilities": found.as_data()} if found.shown or found.not_shown else facts


def _gate_of_run(own: Mapping[str, str], policy: Mapping[str, Any]) -> Gate:
    """The gate of a run under this policy, without a baseline."""
    return Gate(policy["fail_on"], policy["authority"], own, require_decided=policy.get("require_decided", 0.0))


def _promises_of_ledger(
    header: Mapping[str, Any], verdicts: Sequence[Verdict], own: Mapping[str, str], *, complete: bool
) -> tuple[DocumentPromises, ...]:
    """The promises of the targets by the clauses of this suite; a provider that it does not know has those judged."""
    providers = loading.load_providers()
    clauses = {
        (target, column.name): column.clauses
        for target, name in own.items()
        if name in providers
        for column in columns_for(providers[name], providers)
    }
    return promises_of_run(
        verdicts,
        own,
        clauses,
        loading.load_cases(),
        {target["name"]: target["profile"] for target in header["targets"]},
        complete=complete,
    )


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
