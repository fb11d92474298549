"""The end of a run under pytest: verdicts collected, reports written, the exit code set."""

from __future__ import annotations

import gc
import io
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from wireproof.errors import WireproofError
from wireproof.formats.safe_text import printable
from wireproof.judging import baseline
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict, find_divergences
from wireproof.report.finished_run import LEDGER_FILE
from wireproof.report.terminal_summary import print_summary
from wireproof.report.write_files import copy_to_runs, write_run_reports
from wireproof.session.run import Run

EXIT_NO_TESTS = 5
OWN_EXIT_CODES = frozenset({0, 1, EXIT_NO_TESTS})
# We could not ask, so that nothing is known.
EXIT_CANNOT_JUDGE = 2
RUN_ID_KEY = pytest.StashKey[str]()
RUN_KEY = pytest.StashKey[Run]()


class SessionFinish:
    """Collects the verdicts that reports carry; does nothing in a run that judges nothing."""

    def __init__(self, config: pytest.Config, run: Callable[[], Run]) -> None:
        self._config, self._open = config, run
        self._run: Run | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdict a report carries."""
        told = getattr(report, "wireproof", None)
        if told:
            self._current_run().add_verdict(told if isinstance(told, Verdict) else Verdict.from_data(told))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist whose run it is part of."""
        node.workerinput["wireproof"] = self._config.stash[RUN_ID_KEY]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of xdist spent."""
        told = getattr(node, "workeroutput", {}).get("wireproof")
        if told:
            self._current_run().add_worker_data(told)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports and set the exit code."""
        run = self._run
        if run is None:
            return
        # Verdicts, and what pytest keeps of them, stay until the end: no search for garbage need look at them.
        gc.freeze()
        with exit_on_trouble(run):
            self._finish_run(session, run, exitstatus)

    def _finish_run(self, session: pytest.Session, run: Run, exitstatus: int) -> None:
        if exitstatus in OWN_EXIT_CODES:
            session.exitstatus = run.exit_code or int(self._other_tests_failed(session, run))
        write_reports(report_folder(self._config), run, int(session.exitstatus), complete=exitstatus in OWN_EXIT_CODES)
        if self._config.option.keep:
            copy_to_runs(report_folder(self._config))
        given = self._config.getoption("write_baseline")
        if given and exitstatus in OWN_EXIT_CODES and run.exit_code != EXIT_CANNOT_JUDGE:
            baseline.write_baseline(
                given, filter(run.policy.is_gating_column, run.verdicts), run.own_contracts, run.baseline
            )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the closing tables."""
        run = self._run
        if run is None:
            return
        terminalreporter.section("wireproof")
        text = io.StringIO()
        writer = terminalreporter._tw
        found = find_divergences(run.verdicts, run.own_contracts)
        print_summary(
            text,
            run.verdicts,
            run.own_contracts,
            found,
            asdict(run.spent),
            color=writer.hasmarkup,
            width=writer.fullwidth,
        )
        terminalreporter.write(run.ledger.redactor.mask_text(text.getvalue()))
        for trial in run.trials.values():
            if trial.smoke_failure:
                smoke = printable(run.ledger.redactor.mask_text(trial.smoke_failure))
                terminalreporter.write_line(f"smoke failed: {smoke}", red=True)
        for sentence in run.stale_entries:
            terminalreporter.write_line(f"stale in the baseline: {printable(sentence)}", red=True)
        terminalreporter.write_line(f"reports: {report_folder(self._config) / 'report.html'}")

    def _current_run(self) -> Run:
        if self._run is None:
            self._run = self._open()
        return self._run

    def _other_tests_failed(self, session: pytest.Session, run: Run) -> bool:
        """Failures of tests that are not checks, in the same session."""
        ours = sum(run.gates(v) or v.outcome in ERROR_OUTCOMES for v in run.verdicts)
        return session.testsfailed > ours


@contextmanager
def exit_on_trouble(run: Run) -> Iterator[None]:
    """Our own trouble ends the session with exit code 2; pytest would show each frame with all it holds."""
    try:
        yield
    except WireproofError as error:
        pytest.exit(run.ledger.redactor.mask_text(str(error)), returncode=EXIT_CANNOT_JUDGE)
    except Exception as error:
        pytest.exit(
            run.ledger.redactor.mask_text("".join(traceback.format_exception(error))), returncode=EXIT_CANNOT_JUDGE
        )


def report_folder(config: pytest.Config) -> Path:
    """Where the reports of a session go."""
    given = config.getoption("report_dir")
    resumed = config.getoption("resume")
    return Path(given) if given else resumed.parent if resumed else config.rootpath / "reports"


def write_reports(into: Path, run: Run, exit: int, *, complete: bool) -> None:
    """Write the ledger's last lines, report.json and every view of it into the folder."""
    into.mkdir(parents=True, exist_ok=True)
    run.record_to(run.place or into / LEDGER_FILE)
    run.finish(exit, complete=complete)
    write_run_reports(into, run.report_data(exit, complete=complete))
