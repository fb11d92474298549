"""Runs a check under pytest in one step instead of three phases, with the reports of those phases.

A run holds tens of thousands of checks, each judged in microseconds from frozen evidence, without fixtures. pytest's
own protocol runs if something depends on the phases: a debugger, a hook of another plugin or a mark that skips. The
report of a teardown that passed is made only if a plugin other than pytest's and wireproof's own reads reports.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal

import pytest

from wireproof.session.pytest_plugin.check_item import CheckItem

PHASE_HOOKS = tuple(f"pytest_runtest_{phase}" for phase in ("setup", "call", "teardown", "makereport"))
# Packages whose hooks for these phases do nothing for checks.
INDIFFERENT_PACKAGES = frozenset({"_pytest", "wireproof", "_hypothesis_pytestplugin"})
WATCHING_OPTIONS = ("usepdb", "trace", "setupshow", "setuponly", "setupplan")
SKIPPING_MARKS = frozenset({"skip", "skipif", "xfail"})
SESSION_ENDING_ERRORS = (pytest.exit.Exception, KeyboardInterrupt)
# Plugins that read neither the report of a teardown that passed nor the verdict that a report carries as data.
UNCONCERNED_PLUGINS = frozenset({"session", "terminalreporter", "lfplugin", "logging-plugin", "wireproof-closing"})
ONE_STEP_KEY, OWN_LISTENERS_KEY = pytest.StashKey[bool](), pytest.StashKey[bool]()
INHERITED_KEYWORDS_KEY = pytest.StashKey[tuple[str, ...]]()


def can_run_in_one_step(item: CheckItem) -> bool:
    """True if no hook, option or mark depends on the phases of a check."""
    stash = item.config.stash
    if ONE_STEP_KEY not in stash:
        stash[ONE_STEP_KEY] = _has_no_watcher(item.config)
    return stash[ONE_STEP_KEY] and all(mark.name not in SKIPPING_MARKS for mark in item.iter_markers())


def run_in_one_step(item: CheckItem, following: pytest.Item | None, *, alike: bool) -> None:
    """Runs a check and calls pytest's logging hooks.

    Args:
        following: the next item of the session; None after the last.
        alike: the following item runs in one step too, so nothing is torn down between them.
    """
    hook, session = item.ihook, item.session
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _judge_item(item, hook)
    if session.shouldfail or session.shouldstop:
        following = None
    if following is None or not alike:
        _report_call(item, hook, _call_info(lambda: session._setupstate.teardown_exact(following), "teardown"))
    elif not _has_only_own_listeners(item.config):
        _report_call(item, hook, _call_info(lambda: None, "teardown"))
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _judge_item(item: CheckItem, hook: Any) -> None:
    with item.config.pluginmanager.getplugin("capturemanager").item_capture("setup", item):
        judged = _call_info(item.setup, "setup")
    if judged.excinfo is None:
        shown = _call_info(item.runtest, "call")
        shown.start, shown.duration = judged.start, judged.duration + shown.duration
        judged = shown
    _report_call(item, hook, judged)


def _call_info(step: Callable[[], None], when: Literal["setup", "call", "teardown"]) -> pytest.CallInfo[None]:
    return pytest.CallInfo.from_call(step, when, SESSION_ENDING_ERRORS)


def _report_call(item: CheckItem, hook: Any, call: pytest.CallInfo[Any]) -> None:
    error = None if call.excinfo is None else call.excinfo.value
    if item._report_sections or not (error is None or type(error) is pytest.skip.Exception):
        report = hook.pytest_runtest_makereport(item=item, call=call)
    else:
        report = _make_report(item, call)
    hook.pytest_runtest_logreport(report=report)
    if report.failed:
        hook.pytest_exception_interact(node=item, call=call, report=report)


def _make_report(item: CheckItem, call: pytest.CallInfo[Any]) -> pytest.TestReport:
    """The report of a call that passed or was skipped, as pytest makes it, in a fraction of the time."""
    skip = None
    if call.excinfo is not None:
        skip = (*_skip_location(call.excinfo.tb), call.excinfo.exconly(tryshort=True))
    report = pytest.TestReport(
        item.nodeid,
        item.location,
        _keywords(item),
        "passed" if skip is None else "skipped",
        skip,
        call.when,  # type: ignore[arg-type]
        duration=call.duration,
        start=call.start,
        stop=call.stop,
        user_properties=item.user_properties,
    )
    # An xdist worker serialises its reports, so these carry the verdict as data.
    verdict = item.verdict_for(report)
    as_object = _has_only_own_listeners(item.config)
    report.__dict__["wireproof"] = verdict if verdict is None or as_object else verdict.as_data()
    return report


def _skip_location(traceback: TracebackType) -> tuple[str, int]:
    """File and line of the call that raised, which pytest shows for a skip."""
    caller = traceback
    while traceback.tb_next is not None:
        caller, traceback = traceback, traceback.tb_next
    return caller.tb_frame.f_code.co_filename, caller.tb_lineno


def _keywords(item: CheckItem) -> dict[str, Literal[1]]:
    """The keywords of an item; those of its module are looked up once."""
    assert item.parent is not None
    stash = item.parent.stash
    if INHERITED_KEYWORDS_KEY not in stash:
        stash[INHERITED_KEYWORDS_KEY] = tuple(item.parent.keywords)
    return dict.fromkeys((*item.keywords._markers, *stash[INHERITED_KEYWORDS_KEY]), 1)  # type: ignore[attr-defined]


def _has_only_own_listeners(config: pytest.Config) -> bool:
    """True if only pytest's terminal and cache and wireproof's own plugin read reports."""
    if OWN_LISTENERS_KEY not in config.stash:
        impls = config.hook.pytest_runtest_logreport.get_hookimpls()
        config.stash[OWN_LISTENERS_KEY] = all(impl.plugin_name in UNCONCERNED_PLUGINS for impl in impls)
    return config.stash[OWN_LISTENERS_KEY]


def _has_no_watcher(config: pytest.Config) -> bool:
    if any(config.getoption(name, False) for name in WATCHING_OPTIONS):
        return False
    impls = [impl for phase in PHASE_HOOKS for impl in getattr(config.hook, phase).get_hookimpls()]
    return all(impl.function.__module__.partition(".")[0] in INDIFFERENT_PACKAGES for impl in impls)
