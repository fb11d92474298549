"""A planned verdict as a pytest item, and the sending of the cases that such items judge."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract.extras import GENERATE, has_extra
from wireproof.judging.outcomes import ERROR_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.report.finished_run import LEDGER_FILE
from wireproof.session.pytest_plugin.outcome_reports import junit_properties, show_verdict
from wireproof.session.pytest_plugin.progress import show_progress
from wireproof.session.pytest_plugin.session_finish import RUN_KEY, exit_on_trouble, report_folder
from wireproof.session.run import Run
from wireproof.session.send_run import send_planned

FILE_KEY = pytest.StashKey[str]()


class CheckItem(pytest.Item):
    """One planned verdict as a pytest item."""

    def __init__(self, *, planned: PlannedVerdict, line: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned, self.line = planned, line
        self.verdict: Verdict | None = None
        self.add_marker(_shared_mark(planned.area))
        self.add_marker(_shared_mark(planned.level))

    def setup(self) -> None:
        """Judges the planned verdict; an error of wireproof itself appears here, as an error of the set-up."""
        run = self.config.stash[RUN_KEY]
        if run.target_runs[self.planned.target].results is None:
            send_cases(run, self.session, self.planned.target)
        self.verdict = verdict = run.judge(self.planned)
        self.user_properties += junit_properties(verdict)
        if verdict.outcome in ERROR_OUTCOMES:
            pytest.fail(run.summary_text(verdict), pytrace=False)

    def runtest(self) -> None:
        """Maps the verdict to an outcome of pytest."""
        run, verdict = self.config.stash[RUN_KEY], self.verdict
        assert verdict is not None
        show_verdict(run, verdict)

    def verdict_for(self, report: pytest.TestReport) -> Verdict | None:
        """The verdict for the one report of the item that carries it; None for its other reports."""
        return self.verdict if report.when == "call" or (report.when == "setup" and report.failed) else None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text of a failure; an error of wireproof itself is masked, because its frames may hold a key."""
        if isinstance(excinfo.value, pytest.xfail.Exception):
            return str(excinfo.value)
        text = super().repr_failure(excinfo, style)
        if isinstance(excinfo.value, pytest.fail.Exception):
            return text
        return self.config.stash[RUN_KEY].ledger.redactor.mask_text(str(text))

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """File, line and name of the check; the file is looked up once for all items of a module."""
        assert self.parent is not None
        stash = self.parent.stash
        if FILE_KEY not in stash:
            stash[FILE_KEY] = self.session._node_location_to_relpath(self.path)
        return stash[FILE_KEY], self.line, self.name

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and name of the check, for pytest's reports."""
        return self.path, self.line, self.name


def send_cases(run: Run, session: pytest.Session, target: str | None = None) -> None:
    """Sends the cases that the items of a session judge, for one target or for all."""
    judged = [planned for item in session.items if (planned := planned_verdict_of(item)) is not None]
    wanted = [planned for planned in judged if target in (None, planned.target)]
    if not wanted:
        return
    run.record_to(run.resumed_file or report_folder(session.config) / LEDGER_FILE)
    with exit_on_trouble(run), show_progress(session.config, run):
        send_planned(run, wanted)


def planned_verdict_of(item: pytest.Item) -> PlannedVerdict | None:
    """The planned verdict of a check or of a generated test; None for any other test."""
    if isinstance(item, CheckItem):
        return item.planned
    if not has_extra(GENERATE):
        return None
    # Imported late, because pytest has to be the first to import hypothesis.
    from wireproof.session.pytest_plugin.generated_items import find_planned_verdict

    return find_planned_verdict(item)


@cache
def _shared_mark(name: str) -> pytest.MarkDecorator:
    """The mark of an area or a level, made once because tens of thousands of items share it."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark
