"""A check as a pytest item, and the sending of what such items judge."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.report.finished_run import LEDGER_FILE
from wireproof.session.pytest_plugin.outcome_reports import junit_properties, show_verdict
from wireproof.session.pytest_plugin.progress import show_progress
from wireproof.session.pytest_plugin.session_finish import RUN_KEY, exit_on_trouble, report_folder
from wireproof.session.run import Run
from wireproof.session.send_run import send_entries

FILE_KEY = pytest.StashKey[str]()


class CheckItem(pytest.Item):
    """One entry of a docket as a pytest item."""

    def __init__(self, *, entry: PlannedVerdict, line: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.line = entry, line
        self.verdict: Verdict | None = None
        self.add_marker(_shared_mark(entry.area))
        self.add_marker(_shared_mark(entry.level))

    def setup(self) -> None:
        """Reach the verdict; what is our own trouble surfaces here, as an error of the set-up."""
        run = self.config.stash[RUN_KEY]
        if run.trials[self.entry.target].gathered is None:
            send_cases(run, self.session, self.entry.target)
        self.verdict = verdict = run.judge(self.entry)
        self.user_properties += junit_properties(verdict)
        if verdict.outcome in ERROR_OUTCOMES:
            pytest.fail(run.summary_text(verdict), pytrace=False)

    def runtest(self) -> None:
        """Show the verdict as pytest shows outcomes."""
        run, verdict = self.config.stash[RUN_KEY], self.verdict
        assert verdict is not None
        show_verdict(run, verdict)

    def verdict_for(self, report: pytest.TestReport) -> Verdict | None:
        """The verdict, for the one report of the item that carries it."""
        return self.verdict if report.when == "call" or (report.when == "setup" and report.failed) else None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is our own trouble, told without a key that some frame of it holds."""
        if isinstance(excinfo.value, pytest.xfail.Exception):
            return str(excinfo.value)
        told = super().repr_failure(excinfo, style)
        ours = isinstance(excinfo.value, pytest.fail.Exception)
        return told if ours else self.config.stash[RUN_KEY].ledger.redactor.mask_text(str(told))

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """Where the check stands, by the folder of the run; all items of a module stand in the same file."""
        assert self.parent is not None
        stash = self.parent.stash
        if FILE_KEY not in stash:
            stash[FILE_KEY] = self.session._node_location_to_relpath(self.path)
        return stash[FILE_KEY], self.line, self.name

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the check stands."""
        return self.path, self.line, self.name


def send_cases(run: Run, session: pytest.Session, target: str | None = None) -> None:
    """Send every case that the items of a session judge, or those of one target."""
    # Imported late: pytest wants to be first to import hypothesis.
    from wireproof.session.pytest_plugin.generated_items import find_planned_verdict

    judging = [item.entry if isinstance(item, CheckItem) else find_planned_verdict(item) for item in session.items]
    entries = [entry for entry in judging if entry is not None and target in (None, entry.target)]
    if not entries:
        return
    run.record_to(run.place or report_folder(session.config) / LEDGER_FILE)
    with exit_on_trouble(run), show_progress(session.config, run):
        send_entries(run, entries)


@cache
def _shared_mark(name: str) -> pytest.MarkDecorator:
    """The mark of an area or a level, which tens of thousands of items share."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark
