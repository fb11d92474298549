"""The pytest plugin: checks become items, one an entry of a target's docket.

Collection asks the clause indexes what to judge. Before the first item runs, every case that is needed
is sent once; then each item judges frozen evidence. Runs without check items are left alone.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Generator
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from wireproof import options, protocol
from wireproof.aim import environment
from wireproof.check import registry
from wireproof.closing import RUN, RUN_ID, Closing, folder, trouble
from wireproof.docket import Entry
from wireproof.errors import WireproofError
from wireproof.outcome import VERDICT, properties, show
from wireproof.outcomes import ERRORS
from wireproof.progress import progress
from wireproof.report.facts import LEDGER
from wireproof.resume import over
from wireproof.run import Run
from wireproof.sending import send
from wireproof.verdict import Verdict

TROUBLE = pytest.StashKey[WireproofError]()
FILE = pytest.StashKey[str]()


class CheckItem(pytest.Item):
    """One entry of a docket as a pytest item."""

    def __init__(self, *, entry: Entry, line: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.line = entry, line
        self.verdict: Verdict | None = None
        self.add_marker(_mark(entry.area))
        self.add_marker(_mark(entry.level))

    def setup(self) -> None:
        """Reach the verdict; what is our own trouble surfaces here, as an error of the set-up."""
        run = self.config.stash[RUN]
        if run.trials[self.entry.target].gathered is None:
            _gather(run, self.session, self.entry.target)
        self.verdict = verdict = run.verdict(self.entry)
        self.user_properties += properties(verdict)
        if verdict.outcome in ERRORS:
            pytest.fail(run.told(verdict), pytrace=False)

    def runtest(self) -> None:
        """Show the verdict as pytest shows outcomes."""
        run, verdict = self.config.stash[RUN], self.verdict
        assert verdict is not None
        show(run, verdict)

    def told(self, report: pytest.TestReport) -> Verdict | None:
        """The verdict, for the one report of the item that carries it."""
        return self.verdict if report.when == "call" or (report.when == "setup" and report.failed) else None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is our own trouble, told without a key that some frame of it holds."""
        if isinstance(excinfo.value, pytest.xfail.Exception):
            return str(excinfo.value)
        told = super().repr_failure(excinfo, style)
        ours = isinstance(excinfo.value, pytest.fail.Exception)
        return told if ours else self.config.stash[RUN].ledger.redactor.text(str(told))

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """Where the check stands, by the folder of the run; all items of a module stand in the same file."""
        assert self.parent is not None
        stash = self.parent.stash
        if FILE not in stash:
            stash[FILE] = self.session._node_location_to_relpath(self.path)
        return stash[FILE], self.line, self.name

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the check stands."""
        return self.path, self.line, self.name


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add wireproof's options."""
    options.add(parser.getgroup("wireproof", "judging OpenAI-compatible endpoints"))


def pytest_configure(config: pytest.Config) -> None:
    """Collect verdicts where the terminal is: in the only process, or in xdist's controller."""
    worker = getattr(config, "workerinput", None)
    config.stash[RUN_ID] = uuid4().hex if worker is None else worker["wireproof"]
    if worker is None:
        if config.option.resume is not None:
            _over(config.option.resume)
        config.pluginmanager.register(Closing(config, lambda: _run(config)), "wireproof-closing")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the checks of a target in one worker, unless another distribution was asked for."""
    if config.option.dist not in ("load", "loadgroup"):
        return None
    from wireproof.distribution import TargetScheduling

    return TargetScheduling(config, log, options.target_names(config.option))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without a search for garbage: items stay until the end, and each search would look at all of them."""
    searching = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if searching:
            gc.enable()


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
    """A function that is a check becomes an item for each entry that cites it."""
    check = getattr(obj, "__wireproof_check__", None)
    if check is None or not inspect.isfunction(obj):
        return None
    try:
        run = _run(collector.config)
        if not collector.config.option.collectonly:
            run.prepare()
        entries = run.entries(check)
        if registry[check].generated:
            made: list[pytest.Item] = _generated().items(collector, name, entries, registry[check])
            return made
    except WireproofError as error:
        # pytest keeps what a collector raises for later; the run is ended once collection is over.
        collector.config.stash[TROUBLE] = error
        return []
    if collector.config.option.replay:
        return []
    line = obj.__code__.co_firstlineno - 1
    return [_item(collector, f"{name}[{entry.id}]", entry, line) for entry in entries]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Leave with one sentence and exit code 2 where a file or an option is wrong."""
    if TROUBLE in config.stash:
        pytest.exit(str(config.stash[TROUBLE]), returncode=2)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Send what the selected items need, before the first of them runs.

    A worker of xdist waits until it knows whose items it was given.
    """
    if session.config.option.collectonly or session.testsfailed or hasattr(session.config, "workerinput"):
        return
    run = session.config.stash.get(RUN, None)
    if run is not None:
        _gather(run, session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A check runs in one step."""
    if not isinstance(item, CheckItem) or not protocol.applies(item):
        return None
    protocol.run(item, nextitem, alike=isinstance(nextitem, CheckItem) and protocol.applies(nextitem))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the verdict travel with the report, also from another process."""
    report = yield
    if isinstance(item, CheckItem):
        told = item.told(report)
        report.__dict__["wireproof"] = told and told.as_data()
    elif report.when == "call" and VERDICT in item.stash:
        report.__dict__["wireproof"] = item.stash[VERDICT].as_data()
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells the controller what it spent."""
    output, run = getattr(session.config, "workeroutput", None), session.config.stash.get(RUN, None)
    if output is not None and run is not None:
        output["wireproof"] = run.as_worker()


def _over(resumed: Path) -> None:
    try:
        over(resumed)
    except WireproofError as error:
        pytest.exit(str(error), returncode=2)


def _run(config: pytest.Config) -> Run:
    """The run of this session, made when the first check is collected."""
    if RUN not in config.stash:
        if TROUBLE in config.stash:
            raise config.stash[TROUBLE]
        chosen = config.option
        policy = options.policy_of(chosen)
        run = Run.of(options.aim_of(chosen), **policy, id=config.stash[RUN_ID], resend=chosen.resend)
        if chosen.resume:
            run.resume(chosen.resume)
        areas = sorted({entry.area for entry in run.every_entry()})
        for name in ("must", "should", "may", *areas):
            config.addinivalue_line("markers", f"{name}: judgements of the level or area {name}")
        config.stash[RUN] = run
        generated = _generated()
        config.stash[generated.EFFORT] = options.effort_of(chosen, folder(config) / "examples", environment())
        config.pluginmanager.register(generated, "wireproof-generated")
        config.add_cleanup(run.close)
    return config.stash[RUN]


def _generated() -> ModuleType:
    """What makes tests of generated checks; pytest wants to be first to import hypothesis, so that this comes late."""
    from wireproof.generated import items

    return items


@cache
def _mark(name: str) -> pytest.MarkDecorator:
    """The mark of an area or a level, which tens of thousands of items share."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark


def _item(collector: pytest.Module, name: str, entry: Entry, line: int) -> CheckItem:
    # The node id is given whole: `--lf` finds an item again by its text, brackets and all.
    nodeid = f"{collector.nodeid}::{name}"
    item: CheckItem = CheckItem.from_parent(collector, name=name, nodeid=nodeid, entry=entry, line=line)
    return item


def _gather(run: Run, session: pytest.Session, target: str | None = None) -> None:
    of = _generated().entry_of
    judging = [item.entry if isinstance(item, CheckItem) else of(item) for item in session.items]
    entries = [entry for entry in judging if entry is not None and target in (None, entry.target)]
    if not entries:
        return
    run.record_to(run.place or folder(session.config) / LEDGER)
    with trouble(run), progress(session.config, run):
        send(run, entries)
