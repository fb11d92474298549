"""One run: its targets on trial, the evidence as it comes in, the verdicts, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from wireproof import __version__
from wireproof.contract import data_files, loading
from wireproof.contract.target_options import TargetOptions, build_targets, environment, with_address
from wireproof.evidence.ledger_reader import StoredRun
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.evidence.token_usage import TokenUsage
from wireproof.judging.baseline import Baseline
from wireproof.judging.gate import Gate
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.report import failure_text
from wireproof.report.report_json import build_report_json, count_outcomes, installed_suite
from wireproof.session import mock_process
from wireproof.session.ledger_recorder import describe_target, ledger_header
from wireproof.session.resume import read_ledger_to_resume
from wireproof.session.target_run import TargetRun, open_target_run


@dataclass(slots=True)
class Run:
    """The trials of one process and what came of them.

    Attributes:
        fail_on, authority, baseline: what fails the run, as `Policy` says.
        id: shared by the processes of one run.
        place: where the ledger of a resumed run is; elsewhere it goes with the reports.
        resumed: what an earlier run left, which this one finishes.
        resend: what was asked then and has no answer is asked again.
        on_progress: told after each exchange: target, exchanges so far, cases in all.
    """

    options: TargetOptions
    trials: dict[str, TargetRun]
    fail_on: str = "must"
    authority: str = "document"
    baseline: Baseline | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    resumed: StoredRun | None = None
    resend: bool = False
    on_progress: Callable[[str, int, int], None] = lambda target, done, of: None
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    verdicts: list[Verdict] = field(default_factory=list)
    spent: TokenUsage = field(default_factory=TokenUsage)
    ledger: Ledger = field(init=False)
    described: list[dict[str, Any]] = field(default_factory=list)
    policy: Gate = field(init=False)
    place: Path | None = None
    _file: Path | None = None
    _held: ExitStack = field(default_factory=ExitStack)
    _mock: mock_process.AddressLookup | None = None
    _told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        hidden = {secret for trial in self.trials.values() for secret in trial.target.secrets}
        self.ledger = Ledger(Redactor.from_secrets(hidden), durable=self.options.live)
        alone = [name for name, trial in self.trials.items() if len(trial.columns) == 1]
        self.policy = Gate(self.fail_on, self.authority, self.own_contracts, alone, self.baseline)

    @classmethod
    def from_options(cls, options: TargetOptions, **settings: Any) -> Run:
        """A run of the targets that the options name; raises ConfigError before anything is sent."""
        known = loading.load_providers(options.providers_file)
        checks = load_checks()
        trials = [open_target_run(target, known, checks) for target in build_targets(options, environment())]
        return cls(options, {trial.target.name: trial for trial in trials}, **settings)

    def entries_for_check(self, check: str) -> list[PlannedVerdict]:
        """Every entry of every docket that a check judges; on the bundled server, of what the profile asks."""
        trials = self.trials.values()
        return [
            entry
            for one in trials
            for entry in one.entries_for_check(check)
            if self.options.live or one.is_in_profile(entry)
        ]

    def all_entries(self) -> list[PlannedVerdict]:
        """Every entry of every docket."""
        return [entry for trial in self.trials.values() for entry in trial.entries]

    def record_to(self, file: Path) -> None:
        """Write the ledger to this file, or on at its end where a run is resumed."""
        self._file = file

    def resume(self, file: Path) -> None:
        """Finish the run of this ledger; raises ConfigError where it is of another run."""
        self.resumed = read_ledger_to_resume(file, (trial.target for trial in self.trials.values()), self.options.live)
        self.started, self.place = self.resumed.header["started"], file

    def open_ledger(self) -> None:
        """Begin the ledger, or go on with it, where that is still to do."""
        if self._file is None or self.ledger.is_open:
            return
        if self.resumed is not None:
            self.ledger.resume(self._file, self.started)
        else:
            targets = [trial.target for trial in self.trials.values()]
            policy = {"fail_on": self.fail_on, "authority": self.authority}
            judged_by = {"suite": dict(installed_suite(data_files.root())), "policy": policy}
            first = ledger_header(__version__, self.id, self.started, self.options.live, targets)
            self.ledger.open(self._file, first | judged_by)
        self._held.callback(self.ledger.close)

    def start_mock(self) -> None:
        """Let the bundled server start, where it will be asked, while the rest is made ready."""
        at_an_address = all(one.target.base_url for one in self.trials.values())
        if not self.options.live and self._mock is None and not at_an_address:
            self._mock = self._held.enter_context(mock_process.start_mock(self.options.providers_file))

    def set_addresses(self, names: Iterable[str]) -> None:
        """Give the targets of these names an address: that of the bundled server, unless they have their own."""
        if not self.options.live and any(not self.trials[name].target.base_url for name in names):
            self.start_mock()
            assert self._mock is not None
            urls = self._mock()
            for trial in self.trials.values():
                trial.target = with_address(trial.target, urls[trial.target.name])

    def judge(self, entry: PlannedVerdict) -> Verdict:
        """The verdict of one entry whose cases were sent."""
        return self.mask_verdict(self.trials[entry.target].judge(entry))

    def mask_verdict(self, verdict: Verdict) -> Verdict:
        """A verdict with the keys that an answer echoed masked, before anyone shows it."""
        if not verdict.message and not verdict.findings:
            return verdict
        mask = self.ledger.redactor.mask_text
        findings = tuple(
            replace(found, expected=mask(found.expected), actual=mask(found.actual), where=mask(found.where))
            for found in verdict.findings
        )
        return replace(verdict, message=mask(verdict.message), findings=findings)

    def summary_text(self, verdict: Verdict) -> str:
        """A verdict with its evidence, for the person who must act."""
        trial = self.trials[verdict.target]
        assert trial.gathered is not None
        sent = [trial.gathered.evidence.get(case) for case in verdict.case.split("+")]
        exchanges = [exchanges[-1] for exchanges in sent if isinstance(exchanges, tuple)]
        clauses = {clause.id: clause for column in trial.columns for clause in loading.load_clauses(column.schemas)}
        return self.ledger.redactor.mask_text(failure_text.failure_text(verdict, exchanges, clauses))

    def worker_data(self) -> dict[str, Any]:
        """What a worker of xdist tells the controller; verdicts travel with the reports."""
        targets = [describe_target(trial.target) for trial in self.trials.values() if trial.gathered]
        return {"spent": asdict(self.spent), "targets": targets}

    def add_worker_data(self, told: Mapping[str, Any] | None) -> None:
        """Take what a worker spent; its part of the ledger stands in the file."""
        if told:
            self.spent.merge(told["spent"])
            self.described.extend(told["targets"])

    def add_verdict(self, verdict: Verdict) -> None:
        """Keep a verdict for the reports."""
        self.verdicts.append(verdict)

    def finish(self, exit: int, *, complete: bool) -> None:
        """Write the verdicts, and the footer if the run came to its end."""
        self.open_ledger()
        self._told = [self.ledger.write_verdict(verdict.as_data()) for verdict in self.verdicts]
        if complete:
            self.ledger.write_footer(self.spent.requests, len(self.verdicts), exit)

    def gates(self, verdict: Verdict) -> bool:
        """The verdict fails this run."""
        return self.policy.fails_run(verdict)

    @property
    def own_contracts(self) -> dict[str, str]:
        """Target name → the provider whose document is its own contract."""
        return {name: trial.target.provider.name for name, trial in self.trials.items()}

    @property
    def stale_entries(self) -> list[str]:
        """The entries of the baseline that are no longer so, as sentences."""
        judged = {(entry.target, entry.provider, entry.check, entry.case) for entry in self.all_entries()}
        return self.policy.stale_entries(self.verdicts, judged) if self.baseline is not None else []

    @property
    def exit_code(self) -> int:
        """0 the contract holds, 1 it is broken, 2 we could not ask or nothing was judged."""
        return self.policy.exit_code(self.verdicts, self.stale_entries)

    def report_data(self, exit: int, *, complete: bool) -> dict[str, Any]:
        """The document of report.json, without secrets."""
        data = build_report_json(
            self.described,
            self._told or [self.ledger.redactor.mask_facts(verdict.as_data()) for verdict in self.verdicts],
            count_outcomes(self.verdicts),
            find_divergences(self.verdicts, self.own_contracts),
            asdict(self.spent),
            started=self.started,
            complete=complete,
            policy={"fail_on": self.fail_on, "authority": self.authority},
            gating=[at for at, verdict in enumerate(self.verdicts) if self.gates(verdict)],
            exit=exit,
        )
        known = [at for at, verdict in enumerate(self.verdicts) if self.policy.known_failure(verdict)]
        beside = {} if self.baseline is None else {"baseline": {"known": known, "stale": self.stale_entries}}
        hidden = self.ledger.redactor.mask_facts
        return {name: value if name == "verdicts" else hidden(value) for name, value in (data | beside).items()}

    def close(self) -> None:
        """End the mock and close the ledger."""
        self._held.close()
