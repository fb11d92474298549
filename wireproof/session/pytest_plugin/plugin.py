"""The pytest plugin: checks become items, one an entry of a target's docket.

Collection asks the clause indexes what to judge. Before the first item runs, every case that is needed
is sent once; then each item judges frozen evidence. Runs without check items are left alone.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from wireproof.contract.target_options import TargetOptions, environment
from wireproof.errors import WireproofError
from wireproof.judging.check import registry
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.pytest_plugin import check_options, one_step_protocol
from wireproof.session.pytest_plugin.check_item import CheckItem, send_cases
from wireproof.session.pytest_plugin.outcome_reports import VERDICT_KEY
from wireproof.session.pytest_plugin.session_finish import RUN_ID_KEY, RUN_KEY, SessionFinish, report_folder
from wireproof.session.resume import check_not_in_use
from wireproof.session.run import Run

TROUBLE_KEY = pytest.StashKey[WireproofError]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add wireproof's options."""
    check_options.add_options(parser.getgroup("wireproof", "judging OpenAI-compatible endpoints"))


def pytest_configure(config: pytest.Config) -> None:
    """Collect verdicts where the terminal is: in the only process, or in xdist's controller."""
    worker = getattr(config, "workerinput", None)
    config.stash[RUN_ID_KEY] = uuid4().hex if worker is None else worker["wireproof"]
    if worker is None:
        if config.option.resume is not None:
            _exit_if_ledger_in_use(config.option.resume)
        config.pluginmanager.register(SessionFinish(config, lambda: _session_run(config)), "wireproof-closing")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the checks of a target in one worker, unless another distribution was asked for."""
    if config.option.dist not in ("load", "loadgroup"):
        return None
    from wireproof.session.pytest_plugin.xdist_scheduler import TargetScheduling

    return TargetScheduling(config, log, check_options.target_names(config.option))


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
        run = _session_run(collector.config)
        if not collector.config.option.collectonly:
            run.start_mock()
        entries = run.entries_for_check(check)
        if registry[check].judges_generated:
            made: list[pytest.Item] = _generated_items().make_items(collector, name, entries, registry[check])
            return made
    except WireproofError as error:
        # pytest keeps what a collector raises for later; the run is ended once collection is over.
        collector.config.stash[TROUBLE_KEY] = error
        return []
    if collector.config.option.replay:
        return []
    line = obj.__code__.co_firstlineno - 1
    return [_make_item(collector, f"{name}[{entry.id}]", entry, line) for entry in entries]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Leave with one sentence and exit code 2 where a file or an option is wrong."""
    if TROUBLE_KEY in config.stash:
        pytest.exit(str(config.stash[TROUBLE_KEY]), returncode=2)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Send what the selected items need, before the first of them runs.

    A worker of xdist waits until it knows whose items it was given.
    """
    if session.config.option.collectonly or session.testsfailed or hasattr(session.config, "workerinput"):
        return
    run = session.config.stash.get(RUN_KEY, None)
    if run is not None:
        send_cases(run, session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A check runs in one step."""
    if not isinstance(item, CheckItem) or not one_step_protocol.can_run_in_one_step(item):
        return None
    one_step_protocol.run_in_one_step(
        item, nextitem, alike=isinstance(nextitem, CheckItem) and one_step_protocol.can_run_in_one_step(nextitem)
    )
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the verdict travel with the report, also from another process."""
    report = yield
    if isinstance(item, CheckItem):
        told = item.verdict_for(report)
        report.__dict__["wireproof"] = told and told.as_data()
    elif report.when == "call" and VERDICT_KEY in item.stash:
        report.__dict__["wireproof"] = item.stash[VERDICT_KEY].as_data()
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells the controller what it spent."""
    output, run = getattr(session.config, "workeroutput", None), session.config.stash.get(RUN_KEY, None)
    if output is not None and run is not None:
        output["wireproof"] = run.worker_data()


def _exit_if_ledger_in_use(resumed: Path) -> None:
    try:
        check_not_in_use(resumed)
    except WireproofError as error:
        pytest.exit(str(error), returncode=2)


def _session_run(config: pytest.Config) -> Run:
    """The run of this session, made when the first check is collected."""
    if RUN_KEY not in config.stash:
        if TROUBLE_KEY in config.stash:
            raise config.stash[TROUBLE_KEY]
        chosen = config.option
        policy = check_options.gate_settings_from_options(chosen)
        run = Run.from_options(
            TargetOptions.from_parsed(vars(chosen)), **policy, id=config.stash[RUN_ID_KEY], resend=chosen.resend
        )
        if chosen.resume:
            run.resume(chosen.resume)
        areas = sorted({entry.area for entry in run.all_entries()})
        for name in ("must", "should", "may", *areas):
            config.addinivalue_line("markers", f"{name}: judgements of the level or area {name}")
        config.stash[RUN_KEY] = run
        generated = _generated_items()
        config.stash[generated.SETTINGS_KEY] = check_options.generation_settings_from_options(
            chosen, report_folder(config) / "examples", environment()
        )
        config.pluginmanager.register(generated, "wireproof-generated")
        config.add_cleanup(run.close)
    return config.stash[RUN_KEY]


def _generated_items() -> ModuleType:
    """What makes tests of generated checks; pytest wants to be first to import hypothesis, so that this comes late."""
    from wireproof.session.pytest_plugin import generated_items

    return generated_items


def _make_item(collector: pytest.Module, name: str, entry: PlannedVerdict, line: int) -> CheckItem:
    # The node id is given whole: `--lf` finds an item again by its text, brackets and all.
    nodeid = f"{collector.nodeid}::{name}"
    item: CheckItem = CheckItem.from_parent(collector, name=name, nodeid=nodeid, entry=entry, line=line)
    return item
