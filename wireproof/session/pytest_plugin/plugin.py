"""The pytest plugin: each planned verdict of a target becomes an item.

Collection reads the planned verdicts from the clause indexes. Before the first item runs, each case that the selected
items need is sent once; then each item judges frozen evidence. The plugin does nothing in a run without checks.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from wireproof.contract import data_files
from wireproof.contract.extras import GENERATE, check_extra, has_extra
from wireproof.contract.target_options import TargetOptions, environment
from wireproof.errors import WireproofError
from wireproof.formats.safe_text import printable
from wireproof.judging.check import registry
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.pytest_plugin import check_options, one_step_protocol
from wireproof.session.pytest_plugin.check_item import CheckItem, send_cases
from wireproof.session.pytest_plugin.outcome_reports import VERDICT_KEY
from wireproof.session.pytest_plugin.session_finish import RUN_ID_KEY, RUN_KEY, SessionFinish, report_folder
from wireproof.session.resume import check_not_in_use
from wireproof.session.run import Run

TROUBLE_KEY = pytest.StashKey[WireproofError]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds wireproof's options."""
    check_options.add_options(parser.getgroup("wireproof", "conformance of OpenAI-compatible endpoints"))


def pytest_configure(config: pytest.Config) -> None:
    """Registers the collector of verdicts in the only process, or in the controller of xdist."""
    _use_own_suites(config)
    worker = getattr(config, "workerinput", None)
    config.stash[RUN_ID_KEY] = uuid4().hex if worker is None else worker["wireproof"]
    if worker is None:
        if config.option.resume is not None:
            with _exit_if_invalid():
                check_not_in_use(config.option.resume)
        config.pluginmanager.register(SessionFinish(config, lambda: _session_run(config)), "wireproof-closing")
        if getattr(config.option, "dist", "no") != "no" and (config.option.endpoint or config.option.provider):
            # xdist would replace each worker that an invalid option ends by another one.
            with _exit_if_invalid():
                _session_run(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps the checks of a target in one worker, whatever distribution `--dist` names for other tests."""
    from wireproof.session.pytest_plugin.xdist_scheduler import SCOPES_OF_OTHER_TESTS, TargetScheduling

    if config.option.dist not in SCOPES_OF_OTHER_TESTS:
        return None
    return TargetScheduling(config, log, check_options.target_names(config.option))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects without garbage collection: items live until the end, and each collection would scan all of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if was_enabled:
            gc.enable()


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
    """Makes an item for each planned verdict of a check function."""
    check = getattr(obj, "__wireproof_check__", None)
    if check is None or not inspect.isfunction(obj):
        return None
    try:
        run = _session_run(collector.config)
        if not collector.config.option.collectonly:
            run.start_mock()
        planned_verdicts = run.planned_for_check(check)
        if registry[check].judges_generated:
            if not has_extra(GENERATE):
                return []
            items: list[pytest.Item] = _generated_items().make_items(collector, name, planned_verdicts, registry[check])
            return items
    except WireproofError as error:
        # pytest would report an error of a collector at the end; here the run ends after collection.
        collector.config.stash[TROUBLE_KEY] = error
        return []
    if collector.config.option.replay:
        return []
    line = obj.__code__.co_firstlineno - 1
    return [_make_item(collector, f"{name}[{planned.id}]", planned, line) for planned in planned_verdicts]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Ends the session with one sentence and exit code 2 if a file or an option is invalid."""
    if TROUBLE_KEY in config.stash:
        pytest.exit(str(config.stash[TROUBLE_KEY]), returncode=2)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Tells the number of verdicts that the profile of each target leaves out."""
    runs = config.stash[RUN_KEY].target_runs.values() if RUN_KEY in config.stash else ()
    return [
        f"{printable(run.target.name)}: {len(run.left_out)} verdicts beyond the profile {run.target.profile} left out"
        for run in runs
        if run.left_out
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Sends the cases of the selected items before the first item runs.

    An xdist worker does not know its items yet; it sends the cases of a target with the first item of the target.
    """
    if session.config.option.collectonly or session.testsfailed or hasattr(session.config, "workerinput"):
        return
    run = session.config.stash.get(RUN_KEY, None)
    if run is not None:
        send_cases(run, session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Runs a check in one step."""
    if not isinstance(item, CheckItem) or not one_step_protocol.can_run_in_one_step(item):
        return None
    one_step_protocol.run_in_one_step(
        item, nextitem, alike=isinstance(nextitem, CheckItem) and one_step_protocol.can_run_in_one_step(nextitem)
    )
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the verdict to the report, as data that can be sent to another process."""
    report = yield
    if isinstance(item, CheckItem):
        verdict = item.verdict_for(report)
        report.__dict__["wireproof"] = verdict and verdict.as_data()
    elif report.when == "call" and VERDICT_KEY in item.stash:
        report.__dict__["wireproof"] = item.stash[VERDICT_KEY].as_data()
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Sends the facts of an xdist worker to the controller."""
    output, run = getattr(session.config, "workeroutput", None), session.config.stash.get(RUN_KEY, None)
    if output is not None and run is not None:
        output["wireproof"] = run.worker_data()


def _use_own_suites(config: pytest.Config) -> None:
    """Loads the own suites, and collects their checks beside the paths that are named."""
    folders = [Path(name) for name in config.option.suite or ()]
    with _exit_if_invalid():
        data_files.use_suites(folders or data_files.own_suites())
        if data_files.own_suites():  # a mistake in a check is told before pytest imports the file
            load_checks()
    config.args += [str(folder) for folder in data_files.own_suites() if str(folder) not in config.args]


@contextmanager
def _exit_if_invalid() -> Iterator[None]:
    """Ends the session with one sentence and exit code 2 for an invalid file or option."""
    try:
        yield
    except WireproofError as error:
        pytest.exit(str(error), returncode=2)


def _session_run(config: pytest.Config) -> Run:
    """The run of this session, made when the first check is collected; raises WireproofError."""
    if RUN_KEY not in config.stash:
        if TROUBLE_KEY in config.stash:
            raise config.stash[TROUBLE_KEY]
        options = config.option
        gate_settings = check_options.gate_settings_from_options(options)
        run = Run.from_options(
            TargetOptions.from_parsed(vars(options)),
            **gate_settings,
            id=config.stash[RUN_ID_KEY],
            resend=options.resend,
        )
        if options.resume:
            run.resume(options.resume)
        areas = sorted({planned.area for planned in run.all_planned_verdicts()})
        for name in ("must", "should", "may", *areas):
            config.addinivalue_line("markers", f"{name}: verdicts of the level or area {name}")
        config.stash[RUN_KEY] = run
        if options.examples is not None or options.replay:
            check_extra(GENERATE, "--examples" if options.examples is not None else "--replay")
        config.add_cleanup(run.close)
        if not has_extra(GENERATE):
            return run
        generated = _generated_items()
        config.stash[generated.SETTINGS_KEY] = check_options.generation_settings_from_options(
            options, report_folder(config) / "examples", environment()
        )
        config.pluginmanager.register(generated, "wireproof-generated")
    return config.stash[RUN_KEY]


def _generated_items() -> ModuleType:
    """The module that makes tests of generated checks, imported late because pytest has to import hypothesis first."""
    from wireproof.session.pytest_plugin import generated_items

    return generated_items


def _make_item(collector: pytest.Module, name: str, planned: PlannedVerdict, line: int) -> CheckItem:
    # The whole node id is passed, because `--lf` finds an item by its text, brackets included.
    nodeid = f"{collector.nodeid}::{name}"
    item: CheckItem = CheckItem.from_parent(collector, name=name, nodeid=nodeid, planned=planned, line=line)
    return item
