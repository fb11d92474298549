"""One run: its targets on trial, the evidence as it comes in, the verdicts, and the exit code."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wireproof import __version__, bundled, config
from wireproof.aim import Aim, at_address, environment, targets
from wireproof.clause import highest
from wireproof.docket import Entry
from wireproof.exchange import Exchange
from wireproof.ledger import Ledger, describe
from wireproof.redact import Redactor
from wireproof.report import violation
from wireproof.spent import Spent
from wireproof.suites import load_checks
from wireproof.trial import Trial, open_trial
from wireproof.verdict import Verdict

JUDGED = frozenset({"pass", "fail", "noted"})


@dataclass(slots=True)
class Run:
    """The trials of one process and what came of them.

    Attributes:
        fail_on: the level at which a broken promise fails the run.
        authority: which column fails the run: document, openai or all.
        on_progress: told after each exchange: target, exchanges so far, cases in all.
    """

    aim: Aim
    trials: dict[str, Trial]
    fail_on: str = "must"
    authority: str = "document"
    on_progress: Callable[[str, int, int], None] = lambda target, done, of: None
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    verdicts: list[Verdict] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)
    ledger: Ledger = field(init=False)
    described: list[dict[str, Any]] = field(default_factory=list)
    _headed: bool = False
    _held: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        secrets = {secret for trial in self.trials.values() for secret in trial.target.secrets}
        # Until a report folder is known, the ledger is kept in memory.
        self.ledger = Ledger(io.StringIO(), Redactor.of(secrets))

    @classmethod
    def of(cls, aimed: Aim, **settings: Any) -> Run:
        """A run of what the options aim at; raises ConfigError before anything is sent."""
        known = config.load_providers(aimed.providers_file)
        checks = load_checks()
        trials = [open_trial(target, known, checks) for target in targets(aimed, environment())]
        return cls(aimed, {trial.target.name: trial for trial in trials}, **settings)

    def entries(self, check: str) -> list[Entry]:
        """Every entry of every docket that a check judges."""
        return [entry for trial in self.trials.values() for entry in trial.judged_by(check)]

    def every_entry(self) -> list[Entry]:
        """Every entry of every docket."""
        return [entry for trial in self.trials.values() for entry in trial.entries]

    def record_to(self, file: Path) -> None:
        """Write the ledger to this file from here on."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.ledger.file = self._held.enter_context(file.open("w", encoding="utf-8", buffering=1))

    def gather(self, entries: Iterable[Entry]) -> None:
        """Send the cases of these entries, each once a target, all targets side by side."""
        wanted: dict[str, dict[str, None]] = {}
        for entry in entries:
            if self.trials[entry.target].gathered is None:
                wanted.setdefault(entry.target, {}).update(dict.fromkeys(name for _, name in entry.cases))
        self._address(wanted)
        self._head([describe(self.trials[name].target) for name in wanted])
        asyncio.run(self._gather({name: tuple(cases) for name, cases in wanted.items()}))
        self.described += [describe(self.trials[name].target) for name in wanted]

    def _head(self, targets: Iterable[Mapping[str, Any]]) -> None:
        if not self._headed:
            self.ledger.header(__version__, self.started, targets)
            self._headed = True

    async def _gather(self, wanted: dict[str, tuple[str, ...]]) -> None:
        async with asyncio.TaskGroup() as group:
            for name, cases in wanted.items():
                group.create_task(self.trials[name].gather(cases, self._watcher(name, cases)))

    def _watcher(self, target: str, wanted: Sequence[str]) -> Callable[[Exchange], None]:
        done: set[str] = set()

        def watch(exchange: Exchange) -> None:
            done.add(exchange.case)
            self.spent.add(exchange)
            self.ledger.exchange(exchange)
            self.on_progress(target, len(done), len(wanted))

        return watch

    def _address(self, names: Iterable[str]) -> None:
        trials = [self.trials[name] for name in names]
        if self.aim.live:
            return
        if any(not trial.target.base_url for trial in trials):
            urls = self._held.enter_context(bundled.mock(self.aim.providers_file))
            for trial in self.trials.values():
                trial.target = at_address(trial.target, urls[trial.target.name])

    def verdict(self, entry: Entry) -> Verdict:
        """The verdict of one entry whose cases were sent; an echoed key is masked here, before anyone shows it."""
        verdict, mask = self.trials[entry.target].judge(entry), self.ledger.redactor.text
        findings = tuple(
            replace(found, expected=mask(found.expected), actual=mask(found.actual), where=mask(found.where))
            for found in verdict.findings
        )
        return replace(verdict, message=mask(verdict.message), findings=findings)

    def told(self, verdict: Verdict) -> str:
        """A verdict with its evidence, for the person who must act."""
        trial = self.trials[verdict.target]
        assert trial.gathered is not None
        sent = [trial.gathered.evidence.get(case) for case in verdict.case.split("+")]
        exchanges = [exchanges[-1] for exchanges in sent if isinstance(exchanges, tuple)]
        clauses = {clause.id: clause for column in trial.columns for clause in config.load_clauses(column.schemas)}
        return self.ledger.redactor.text(violation.told(verdict, exchanges, clauses))

    def as_worker(self) -> dict[str, Any]:
        """What a worker of xdist tells the controller; verdicts travel with the reports."""
        targets = [describe(trial.target) for trial in self.trials.values() if trial.gathered]
        facts = self.ledger.file.getvalue() if isinstance(self.ledger.file, io.StringIO) else ""
        return {"spent": asdict(self.spent), "targets": targets, "ledger": facts}

    def take_worker(self, told: Mapping[str, Any] | None) -> None:
        """Take what a worker spent, and its part of the ledger."""
        if told:
            self.spent.merge(told["spent"])
            self.described.extend(told["targets"])
            self._head(told["targets"])
            self.ledger.file.write("".join(told["ledger"].splitlines(keepends=True)[1:]))

    def take(self, verdict: Verdict) -> None:
        """Keep a verdict for the reports."""
        self.verdicts.append(verdict)

    def end(self, exit: int) -> None:
        """Write the verdicts and the footer of the ledger."""
        for verdict in self.verdicts:
            self.ledger.verdict(verdict)
        self.ledger.footer(self.spent.requests, len(self.verdicts), exit)

    def gates(self, verdict: Verdict) -> bool:
        """A broken promise that fails this run: of the column and at the level that were asked for."""
        own = verdict.provider == self.trials[verdict.target].target.provider.name
        column = self.authority == "all" or own == (self.authority == "document") or len(self._columns(verdict)) == 1
        return column and verdict.gates(self.fail_on)

    def _columns(self, verdict: Verdict) -> Sequence[Any]:
        return self.trials[verdict.target].columns

    @property
    def own(self) -> dict[str, str]:
        """Target name → the provider whose document is its own contract."""
        return {name: trial.target.provider.name for name, trial in self.trials.items()}

    @property
    def exit_code(self) -> int:
        """0 the contract holds, 1 it is broken, 2 we could not ask or nothing was judged."""
        failed_smoke = any(v.area == "smoke" and v.outcome == "fail" and self.gates(v) for v in self.verdicts)
        if failed_smoke or any(verdict.outcome == "error" for verdict in self.verdicts):
            return 2
        if any(self.gates(verdict) for verdict in self.verdicts):
            return 1
        return 0 if any(verdict.outcome in JUDGED for verdict in self.verdicts) else 2

    def close(self) -> None:
        """End the mock and close the ledger."""
        self._held.close()


def level_of(entry: Entry) -> str:
    """The level at which an entry gates, should all its clauses break."""
    return highest(tuple(judgement.level for _, judgement in entry.clauses))
