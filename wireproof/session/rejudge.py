"""Today's checks on stored evidence: the verdicts of a ledger, without a network."""

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
from wireproof.session.ledger_recorder import describe_target
from wireproof.session.resume import stored_results
from wireproof.session.run import Run
from wireproof.session.target_run import open_target_run


def rejudge(file: Path, providers_file: Path | None = None, **settings: Any) -> tuple[Run, StoredRun]:
    """The run of a ledger with its verdicts as they are today, and the ledger.

    Raises LedgerError for a file that is no ledger, ConfigError for a provider that is not known.
    """
    held, known, checks = read_ledger(file), loading.load_providers(providers_file), load_checks()
    trials = {
        told["name"]: open_target_run(_target_from_ledger(told, known), known, checks)
        for told in held.header["targets"]
    }
    settings["started"] = held.header["started"]
    run = Run(TargetOptions({"providers": providers_file}), trials, **settings)
    for name, trial in trials.items():
        turns = stored_results(held, name, trial.cases)
        if not turns[0]:
            continue
        trial.take_evidence(turns)
        run.described.append(describe_target(trial.target))
        for sent in (sent for turn in turns for sent in turn.values() if isinstance(sent, tuple)):
            for exchange in sent:
                run.spent.add(exchange)
        for entry in trial.entries:
            if covers(entry, turns[0]):
                run.add_verdict(run.judge(entry))
    # Requests that were generated are judged while they are drawn: what was said of them then stands.
    for verdict in held.verdicts:
        if is_generated(verdict["case"]):
            run.add_verdict(Verdict.from_data(verdict))
    return run, held


def covers(entry: PlannedVerdict, evidence: Evidence) -> bool:
    """Whether the ledger tells of each case that an entry judges."""
    return all(case in evidence for _, case in entry.cases)


def changed_verdicts(run: Run, held: StoredRun) -> list[str]:
    """Where today's verdict is another than the one in the ledger, as sentences."""
    then = {(v["target"], v["provider"], v["check"], v["case"]): v["outcome"] for v in held.verdicts}
    now = {(v.target, v.provider, v.check, v.case): v.outcome for v in run.verdicts}
    return [
        f"{target}, {check} on {case} by the {by} contract: {then[target, by, check, case]} then, {outcome} now"
        for (target, by, check, case), outcome in now.items()
        if then.get((target, by, check, case), outcome) != outcome
    ]


def _target_from_ledger(told: Mapping[str, Any], known: Mapping[str, Provider]) -> Target:
    name = told["provider"]
    if name not in known:
        raise ConfigError(f"provider {name!r} of the ledger", "it is not known", "name its file by --providers")
    return Target(
        name=told["name"],
        provider=known[name],
        base_url=told["base_url"],
        models=told["models"],
        means=frozenset(told["means"]),
        tier=told["tier"],
        profile=told["profile"],
        deadlines=Deadlines(**told["deadlines"]),
    )
