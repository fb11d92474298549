"""One run: its targets, their evidence and verdicts, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from wireproof import __version__
from wireproof.contract import loading
from wireproof.contract.target_options import TargetOptions, build_targets, environment, with_address
from wireproof.evidence.ledger_reader import StoredRun
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.evidence.token_usage import TokenUsage
from wireproof.judging.baseline import Baseline
from wireproof.judging.decided_promises import DocumentPromises, promises_of_run
from wireproof.judging.gate import Gate
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.report import failure_text
from wireproof.report.finding_groups import group_findings
from wireproof.report.report_json import build_report_json, count_outcomes, installed_suite
from wireproof.session import mock_process
from wireproof.session.ledger_recorder import describe_target, ledger_header
from wireproof.session.resume import read_ledger_to_resume
from wireproof.session.target_run import TargetRun, open_target_run


@dataclass(slots=True)
class Run:
    """The target runs of one process and their verdicts.

    Attributes:
        target_runs: target name → its target run.
        fail_on, authority, baseline, require_decided, baseline_skips: the settings of `Gate`, which decides what fails
            the run.
        id: shared by the processes of one run.
        resumed: the interrupted run that this one finishes; None for a new run.
        resend: requests of the interrupted run that have no response are sent again.
        on_progress: called after each exchange with target, number of cases done, number of all cases.
        started: the start of the run, ISO 8601 with seconds.
        usage: the requests and tokens that the run used.
        target_facts: the facts of each target for reports.
        resumed_file: the ledger of a resumed run; None for a new run, whose ledger is beside its reports.
    """

    options: TargetOptions
    target_runs: dict[str, TargetRun]
    fail_on: str = "must"
    authority: str = "document"
    baseline: Baseline | None = None
    require_decided: float = 0.0
    baseline_skips: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)
    resumed: StoredRun | None = None
    resend: bool = False
    on_progress: Callable[[str, int, int], None] = lambda target, done, of: None
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    verdicts: list[Verdict] = field(default_factory=list)
    usage: TokenUsage = field(default_factory=TokenUsage)
    ledger: Ledger = field(init=False)
    target_facts: list[dict[str, Any]] = field(default_factory=list)
    policy: Gate = field(init=False)
    resumed_file: Path | None = None
    _ledger_file: Path | None = None
    _resources: ExitStack = field(default_factory=ExitStack)
    _mock: mock_process.AddressLookup | None = None
    _written_verdicts: list[dict[str, Any]] = field(default_factory=list)
    _final_promises: tuple[DocumentPromises, ...] = ()

    def __post_init__(self) -> None:
        secrets = {secret for target_run in self.target_runs.values() for secret in target_run.target.secrets}
        self.ledger = Ledger(Redactor.from_secrets(secrets), durable=self.options.live)
        self.policy = self._build_policy()

    @classmethod
    def from_options(cls, options: TargetOptions, **settings: Any) -> Run:
        """The run of the targets that the options name; raises ConfigError before anything is sent."""
        providers = loading.load_providers(options.providers_file)
        checks = load_checks()
        targets = build_targets(options, environment())
        return cls(options, {target.name: open_target_run(target, providers, checks) for target in targets}, **settings)

    def planned_for_check(self, check: str) -> list[PlannedVerdict]:
        """The planned verdicts of a check for all targets."""
        return [planned for target_run in self.target_runs.values() for planned in target_run.planned_for_check(check)]

    def all_planned_verdicts(self) -> Iterable[PlannedVerdict]:
        """The planned verdicts of all targets, those that the profiles leave out included."""
        runs = self.target_runs.values()
        return (planned for target_run in runs for planned in (*target_run.entries, *target_run.left_out))

    def record_to(self, file: Path) -> None:
        """Sets the file of the ledger; a resumed run appends to it."""
        self._ledger_file = file

    def resume(self, file: Path) -> None:
        """Makes this the continuation of the run of a ledger; raises ConfigError if the ledger is of another run."""
        targets = (target_run.target for target_run in self.target_runs.values())
        self.resumed = read_ledger_to_resume(file, targets, self.options.live)
        self.started, self.resumed_file = self.resumed.header["started"], file

    def open_ledger(self) -> None:
        """Opens the ledger, unless it is open: a new one, or that of the resumed run."""
        if self._ledger_file is None or self.ledger.is_open:
            return
        if self.resumed is not None:
            self.ledger.resume(self._ledger_file, self.started)
        else:
            targets = [(target_run.target, len(target_run.left_out)) for target_run in self.target_runs.values()]
            judged_by = {"suite": dict(installed_suite()), "policy": self.policy_facts}
            header = ledger_header(__version__, self.id, self.started, self.options.live, targets)
            self.ledger.open(self._ledger_file, header | judged_by)
        self._resources.callback(self.ledger.close)

    def start_mock(self) -> None:
        """Starts the mock if the run needs it, without waiting for it."""
        all_addressed = all(target_run.target.base_url for target_run in self.target_runs.values())
        if not self.options.live and self._mock is None and not all_addressed:
            self._mock = self._resources.enter_context(mock_process.start_mock(self.options.providers_file))

    def set_addresses(self, names: Iterable[str]) -> None:
        """Sets the base URLs of the targets to those of the mock, if one of the named targets has none."""
        if not self.options.live and any(not self.target_runs[name].target.base_url for name in names):
            self.start_mock()
            assert self._mock is not None
            urls = self._mock()
            for target_run in self.target_runs.values():
                target_run.target = with_address(target_run.target, urls[target_run.target.name])

    def judge(self, planned: PlannedVerdict) -> Verdict:
        """Judges one planned verdict, whose cases were sent."""
        return self.mask_verdict(self.target_runs[planned.target].judge(planned))

    def mask_verdict(self, verdict: Verdict) -> Verdict:
        """The verdict with masked secrets, which a response may echo."""
        if not verdict.message and not verdict.findings:
            return verdict
        mask = self.ledger.redactor.mask_text
        findings = tuple(
            replace(finding, expected=mask(finding.expected), actual=mask(finding.actual), where=mask(finding.where))
            for finding in verdict.findings
        )
        return replace(verdict, message=mask(verdict.message), findings=findings)

    def summary_text(self, verdict: Verdict) -> str:
        """The text of a verdict with its evidence, for a terminal."""
        target_run = self.target_runs[verdict.target]
        assert target_run.results is not None
        results = [target_run.results.evidence.get(case) for case in verdict.case.split("+")]
        step = verdict.findings[0].step if verdict.findings else None
        exchanges = [
            next((exchange for exchange in sent if exchange.step == step), sent[-1])
            for sent in results
            if isinstance(sent, tuple)
        ]
        clauses = {clause.id: clause for column in target_run.columns for clause in column.clauses}
        return self.ledger.redactor.mask_text(failure_text.failure_text(verdict, exchanges, clauses))

    def worker_data(self) -> dict[str, Any]:
        """The facts that an xdist worker sends to the controller; verdicts travel with pytest's reports."""
        ran = [target_run for target_run in self.target_runs.values() if target_run.results]
        targets = [describe_target_run(target_run, live=self.options.live) for target_run in ran]
        return {"usage": asdict(self.usage), "targets": targets}

    def add_worker_data(self, data: Mapping[str, Any] | None) -> None:
        """Adds the facts of an xdist worker; the worker writes its own part of the ledger."""
        if data:
            self.usage.merge(data["usage"])
            self.target_facts.extend(data["targets"])

    def add_verdict(self, verdict: Verdict) -> None:
        """Adds a verdict to the reports."""
        self.verdicts.append(verdict)

    def finish(self, exit: int, *, complete: bool) -> None:
        """Writes the verdicts to the ledger, and the footer if the run is complete."""
        self.open_ledger()
        self._written_verdicts = [self.ledger.write_verdict(verdict.as_data()) for verdict in self.verdicts]
        if complete:
            self._final_promises = self.promises()
            promises = [one.as_data() for one in self._final_promises]
            self.ledger.write_footer(self.usage.requests, len(self.verdicts), exit, promises)

    def gates(self, verdict: Verdict) -> bool:
        """True if the verdict fails this run."""
        return self.policy.fails_run(verdict)

    @property
    def own_contracts(self) -> dict[str, str]:
        """Target name → the provider whose document is its own contract."""
        return {name: target_run.target.provider.name for name, target_run in self.target_runs.items()}

    @property
    def stale_entries(self) -> list[str]:
        """A sentence for each entry of the baseline that no longer holds."""
        return self.policy.stale_entries(self.verdicts, self._planned_places) if self.baseline is not None else []

    @property
    def _planned_places(self) -> set[tuple[str, str, str, str]]:
        return {(one.target, one.provider, one.check, one.case) for one in self.all_planned_verdicts()}

    def prune_baseline(self) -> str:
        """Removes from the baseline what no longer holds; returns a sentence about it."""
        assert self.baseline is not None
        gating = [verdict for verdict in self.verdicts if self.policy.is_gating_column(verdict)]
        stale = self.baseline.stale_entries(gating, self._planned_places, skips=self.baseline_skips)
        self._replace_baseline(self.baseline.without(stale))
        return f"{len(stale)} stale entries removed"

    def update_baseline(self) -> str:
        """Adds to the baseline what fails this run, and removes what no longer holds; returns a sentence about it."""
        assert self.baseline is not None
        pruned = self.prune_baseline()
        before = len(self.baseline.entries)
        self._replace_baseline(self.baseline.with_verdicts(self.verdicts, self.own_contracts, self.gates))
        return f"{len(self.baseline.entries) - before} entries added, {pruned}"

    def _replace_baseline(self, changed: Baseline) -> None:
        self.baseline = changed
        self.policy = self._build_policy()

    def _build_policy(self) -> Gate:
        return Gate(
            self.fail_on,
            self.authority,
            self.own_contracts,
            self.baseline,
            self.require_decided,
            self.baseline_skips,
        )

    @property
    def exit_code(self) -> int:
        """0: the contract holds; 1: it is broken; 2: the target could not be judged."""
        return self.policy.exit_code(self.verdicts, self.stale_entries, self._promises_to_hold)

    @property
    def too_little_decided(self) -> list[str]:
        """A sentence for each reason why this run, in which nothing failed, decided too little for exit code 0."""
        return self.policy.too_little_decided(self.verdicts, self.stale_entries, self._promises_to_hold)

    @property
    def _promises_to_hold(self) -> tuple[DocumentPromises, ...]:
        """The promises for the gate, which needs them for a required share alone."""
        return self.promises() if self.require_decided else ()

    @property
    def policy_facts(self) -> dict[str, Any]:
        """The rules of the run for its ledger and reports."""
        share = {"require_decided": self.require_decided} if self.require_decided else {}
        return {"fail_on": self.fail_on, "authority": self.authority, **share}

    def promises(self, *, complete: bool = True) -> tuple[DocumentPromises, ...]:
        """The promises of each target, as far as the verdicts decide them; a run that was cut off is not complete."""
        clauses = {
            (name, column.name): column.clauses
            for name, target_run in self.target_runs.items()
            for column in target_run.columns
        }
        return promises_of_run(
            self.verdicts,
            self.own_contracts,
            clauses,
            loading.load_cases(),
            {name: target_run.target.profile for name, target_run in self.target_runs.items()},
            {
                (name, contract): outcomes
                for name, target_run in self.target_runs.items()
                for contract, outcomes in target_run.left_out_outcomes().items()
            },
            complete=complete,
        )

    def report_data(self, exit: int, *, complete: bool) -> dict[str, Any]:
        """The data of report.json, without secrets."""
        gating = [at for at, verdict in enumerate(self.verdicts) if self.gates(verdict)]
        data = build_report_json(
            self.target_facts,
            self._written_verdicts or [self.ledger.redactor.mask_facts(verdict.as_data()) for verdict in self.verdicts],
            count_outcomes(self.verdicts),
            find_divergences(self.verdicts, self.own_contracts),
            asdict(self.usage),
            started=self.started,
            complete=complete,
            policy=self.policy_facts,
            gating=gating,
            exit=exit,
            promises=self._final_promises or self.promises(complete=complete),
            too_little=self.too_little_decided,
            findings=group_findings(self.verdicts, gating, self.own_contracts),
        )
        known = [at for at, verdict in enumerate(self.verdicts) if self.policy.known_failure(verdict)]
        extra = {} if self.baseline is None else {"baseline": {"known": known, "stale": self.stale_entries}}
        mask = self.ledger.redactor.mask_facts
        return {name: value if name == "verdicts" else mask(value) for name, value in (data | extra).items()}

    def close(self) -> None:
        """Ends the mock and closes the ledger."""
        self._resources.close()


def describe_target_run(target_run: TargetRun, *, live: bool) -> dict[str, Any]:
    """Facts of a target after its cases were sent; those of a live one tell what its chat model can do."""
    abilities = target_run.abilities if live else None
    facts = describe_target(target_run.target, len(target_run.left_out))
    return facts if abilities is None else {**facts, "abilities": abilities.as_data()}
