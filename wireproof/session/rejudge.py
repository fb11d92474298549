"""Re-judges the evidence of a ledger with the present checks, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wireproof.contract import loading
from wireproof.contract.case import is_generated
from wireproof.contract.provider import Provider
from wireproof.contract.target import Deadlines, Target
from wireproof.contract.target_options import TargetOptions
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import Evidence
from wireproof.evidence.ledger_reader import StoredRun, read_ledger
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.resume import stored_results
from wireproof.session.run import Run, describe_target_run
from wireproof.session.target_run import open_target_run


def rejudge(file: Path, providers_file: Path | None = None, **settings: Any) -> tuple[Run, StoredRun]:
    """Returns the run of a ledger with its present verdicts, and the ledger.

    Raises LedgerError for a file that is not a ledger, ConfigError for an unknown provider.
    """
    stored, providers, checks = read_ledger(file), loading.load_providers(providers_file), load_checks()
    target_runs = {
        facts["name"]: open_target_run(_target_from_ledger(facts, providers), providers, checks)
        for facts in stored.header["targets"]
    }
    settings["started"] = stored.header["started"]
    run = Run(TargetOptions({"providers": providers_file}), target_runs, **settings)
    for name, target_run in target_runs.items():
        turns = stored_results(stored, name, target_run.cases)
        if not turns[0]:
            continue
        target_run.take_evidence(turns)
        run.target_facts.append(describe_target_run(target_run, live=stored.header["live"]))
        for sent in (sent for turn in turns for sent in turn.values() if isinstance(sent, tuple)):
            for exchange in sent:
                run.usage.add(exchange)
        for planned in target_run.entries:
            if covers(planned, turns[0]):
                run.add_verdict(run.judge(planned))
    # Generated requests are judged while they are drawn, so their stored verdicts are taken over.
    for verdict in stored.verdicts:
        if is_generated(verdict["case"]):
            run.add_verdict(Verdict.from_data(verdict))
    return run, stored


def covers(planned: PlannedVerdict, evidence: Evidence) -> bool:
    """True if the ledger holds every case of a planned verdict."""
    return all(case in evidence for _, case in planned.cases)


def changed_verdicts(run: Run, stored: StoredRun) -> list[str]:
    """A sentence for each verdict that differs from the one in the ledger."""
    then = {(v["target"], v["provider"], v["check"], v["case"]): v["outcome"] for v in stored.verdicts}
    now = {(v.target, v.provider, v.check, v.case): v.outcome for v in run.verdicts}
    return [
        f"{target}, {check} on {case} by the {by} contract: {then[target, by, check, case]} then, {outcome} now"
        for (target, by, check, case), outcome in now.items()
        if then.get((target, by, check, case), outcome) != outcome
    ]


def _target_from_ledger(facts: Mapping[str, Any], providers: Mapping[str, Provider]) -> Target:
    name = facts["provider"]
    if name not in providers:
        raise ConfigError(f"provider {name!r} of the ledger", "it is not known", "name its file with --providers")
    return Target(
        name=facts["name"],
        provider=providers[name],
        base_url=facts["base_url"],
        models=facts["models"],
        means=frozenset(facts["means"]),
        tier=facts["tier"],
        profile=facts["profile"],
        deadlines=Deadlines(**facts["deadlines"]),
    )
