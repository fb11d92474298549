"""Finishes a run under pytest: collects verdicts, writes reports, sets the exit code."""

from __future__ import annotations

import gc
import shlex
import textwrap
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import data_files
from wireproof.errors import WireproofError
from wireproof.formats.safe_text import printable
from wireproof.judging import baseline
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import LEDGER_FILE, FinishedRun
from wireproof.report.terminal_summary import MAX_LINES, MAX_WIDTH, summary_lines
from wireproof.report.write_files import copy_to_runs, write_run_reports
from wireproof.session.run import Run

# The kinds of pytest's reports that the summary by cause replaces.
SHOWN_BY_CAUSE = ("failed", "error")
EXIT_NO_TESTS = 5
OWN_EXIT_CODES = frozenset({0, 1, EXIT_NO_TESTS})
# The target could not be asked, so nothing is known about it.
EXIT_CANNOT_JUDGE = 2
CHECK_SETTINGS = str(data_files.PACKAGE_FOLDER / "cli" / "check.toml")
RUN_ID_KEY = pytest.StashKey[str]()
RUN_KEY = pytest.StashKey[Run]()


class SessionFinish:
    """Collects the verdicts that pytest's reports carry; does nothing in a run without verdicts."""

    def __init__(self, config: pytest.Config, open_run: Callable[[], Run]) -> None:
        self._config, self._open_run = config, open_run
        self._run: Run | None = None
        self._complete = False
        self._baseline_changes = ""
        self._facts: FinishedRun | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds the verdict of a report to the run."""
        verdict = getattr(report, "wireproof", None)
        if verdict:
            self._current_run().add_verdict(verdict if isinstance(verdict, Verdict) else Verdict.from_data(verdict))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Passes the id of the run to an xdist worker."""
        node.workerinput["wireproof"] = self._config.stash[RUN_ID_KEY]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Adds the facts of an xdist worker to the run."""
        data = getattr(node, "workeroutput", {}).get("wireproof")
        if data:
            self._current_run().add_worker_data(data)

    @pytest.hookimpl(trylast=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Names wireproof instead of pytest's exception in the line about an invalid file or option."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        memo = getattr(reporter, "_keyboardinterrupt_memo", None)
        if isinstance(excinfo.value, pytest.exit.Exception) and memo is not None:
            memo.reprcrash.message = f"wireproof: {excinfo.value}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Writes the reports and sets the exit code."""
        run = self._run
        if run is None:
            return
        # Verdicts and pytest's reports live until the end, so the garbage collector need not scan them.
        gc.freeze()
        with exit_on_trouble(run):
            self._finish_run(session, run, exitstatus)

    def _finish_run(self, session: pytest.Session, run: Run, exitstatus: int) -> None:
        self._complete = exitstatus in OWN_EXIT_CODES
        others_failed = self._other_tests_failed(session, run)
        if self._complete and run.exit_code != EXIT_CANNOT_JUDGE:
            self._change_baseline(run)
        code = run.exit_code
        if self._complete:
            session.exitstatus = code or int(others_failed)
        self._facts = write_reports(report_folder(self._config), run, int(session.exitstatus), complete=self._complete)
        if self._config.option.keep:
            copy_to_runs(report_folder(self._config))
        new_baseline = self._config.getoption("write_baseline")
        if new_baseline and self._complete and code != EXIT_CANNOT_JUDGE:
            held = run.policy.belongs_in_baseline
            entries = baseline.entries_for_verdicts(run.verdicts, run.own_contracts, held, run.baseline)
            baseline.write_baseline(new_baseline, entries, "--write-baseline")

    def _change_baseline(self, run: Run) -> None:
        """Updates or prunes the file of the baseline, by whose new form the run is then judged."""
        options = self._config.option
        if not (options.update_baseline or options.prune_baseline) or run.baseline is None:
            return
        changes = run.update_baseline() if options.update_baseline else run.prune_baseline()
        baseline.write_baseline(options.baseline, run.baseline.entries, "--baseline")
        self._baseline_changes = f"{options.baseline}: {changes}"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Prints the summary by cause instead of pytest's blocks of each verdict, which `-v` and `--tb` show."""
        option = self._config.option
        hidden = self._run is not None and option.verbose <= 0 and option.tbstyle == "auto"
        stats = terminalreporter.stats
        shown: dict[str, list[Any]] = {name: stats[name] for name in SHOWN_BY_CAUSE if name in stats} if hidden else {}
        for name, reports in shown.items():
            stats[name] = [report for report in reports if getattr(report, "wireproof", None) is None]
        try:
            yield
        finally:
            stats.update(shown)
        if self._run is not None and self._facts is not None:
            self._print_summary(terminalreporter, self._run, self._facts)

    def _print_summary(self, terminalreporter: pytest.TerminalReporter, run: Run, facts: FinishedRun) -> None:
        terminalreporter.section("wireproof")
        mask = run.ledger.redactor.mask_text
        again = textwrap.wrap(
            mask(f"again, these alone: {printable(command_line(self._config))} --lf"),
            MAX_WIDTH - 2,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        room = MAX_LINES + 3 - len(again)
        for line in summary_lines(facts, self._notes(run), width=terminalreporter._tw.fullwidth, lines=room):
            terminalreporter.write_line(mask(line))
        terminalreporter.write_line(f"reports: {report_folder(self._config) / 'report.html'}")
        if facts.failing_findings:
            terminalreporter.write_line(" \\\n".join(again))

    def _notes(self, run: Run) -> list[str]:
        """The sentences about the run beside its findings."""
        targets = [target_run.target for target_run in run.target_runs.values()]
        proxies = [(target.name, proxy) for target in targets if (proxy := target.network.proxy_address)]
        smoke = [target_run.smoke_failure for target_run in run.target_runs.values() if target_run.smoke_failure]
        stale = [f"stale in the baseline: {sentence}" for sentence in run.stale_entries]
        return [
            *(f"smoke failed: {reason}" for reason in smoke),
            *(f"{name}: every request went through the proxy {proxy}" for name, proxy in proxies),
            *([f"baseline {self._baseline_changes}"] if self._baseline_changes else []),
            *([f"{len(stale)} stale, which --prune-baseline removes"] if len(stale) > 1 else []),
            *stale,
            *(f"too little decided: {sentence}" for sentence in (run.too_little_decided if self._complete else ())),
            *(f"excused again and again: {sentence}" for sentence in run.policy.repeated_excuses(run.verdicts)),
        ]

    def _current_run(self) -> Run:
        if self._run is None:
            self._run = self._open_run()
        return self._run

    def _other_tests_failed(self, session: pytest.Session, run: Run) -> bool:
        """True if a test of the same session failed that is not a check."""
        ours = sum(run.gates(v) or v.outcome in ERROR_OUTCOMES for v in run.verdicts)
        return session.testsfailed > ours


@contextmanager
def exit_on_trouble(run: Run) -> Iterator[None]:
    """Ends the session with exit code 2 for an error, as masked text; pytest would print the variables of frames."""
    try:
        yield
    except WireproofError as error:
        pytest.exit(run.ledger.redactor.mask_text(str(error)), returncode=EXIT_CANNOT_JUDGE)
    except Exception as error:
        pytest.exit(
            run.ledger.redactor.mask_text("".join(traceback.format_exception(error))), returncode=EXIT_CANNOT_JUDGE
        )


def report_folder(config: pytest.Config) -> Path:
    """The folder of the reports: `--report-dir`, else that of the resumed ledger, else `reports`."""
    folder, resumed = config.getoption("report_dir"), config.getoption("resume")
    return Path(folder) if folder else resumed.parent if resumed else config.rootpath / "reports"


def command_line(config: pytest.Config) -> str:
    """The command of this run as the user typed it."""
    arguments = [str(argument) for argument in config.invocation_params.args]
    bundled = str(data_files.root() / "suites")
    if CHECK_SETTINGS not in arguments or bundled not in arguments:
        return shlex.join(["pytest", *arguments])
    return shlex.join(["wireproof", "check", *arguments[arguments.index(bundled) + 1 :]])


def write_reports(into: Path, run: Run, exit: int, *, complete: bool) -> FinishedRun:
    """Writes the last lines of the ledger, report.json and all its views into the folder; returns the run."""
    into.mkdir(parents=True, exist_ok=True)
    run.record_to(run.resumed_file or into / LEDGER_FILE)
    run.finish(exit, complete=complete)
    return write_run_reports(into, run.report_data(exit, complete=complete))
