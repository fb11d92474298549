"""How a check runs under pytest: one step in place of pytest's three phases, with the reports those would make.

A run holds tens of thousands of checks, each judged in microseconds from frozen evidence, without fixtures. Where
somebody watches the phases (a debugger, a hook of another plugin, a mark that skips), pytest's own protocol runs. That
a teardown passed is told only where somebody listens who may want to know.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal

import pytest

from wireproof.session.pytest_plugin.check_item import CheckItem

PHASE_HOOKS = tuple(f"pytest_runtest_{phase}" for phase in ("setup", "call", "teardown", "makereport"))
# What stands in these phases without a meaning for checks: pytest itself, our own plugin, and Hypothesis'.
INDIFFERENT_PACKAGES = frozenset({"_pytest", "wireproof", "_hypothesis_pytestplugin"})
WATCHING_OPTIONS = ("usepdb", "trace", "setupshow", "setuponly", "setupplan")
SKIPPING_MARKS = frozenset({"skip", "skipif", "xfail"})
SESSION_ENDING_ERRORS = (pytest.exit.Exception, KeyboardInterrupt)
# Of these nobody looks at the report of a teardown that passed, nor at what a report carries but for our own.
UNCONCERNED_PLUGINS = frozenset({"session", "terminalreporter", "lfplugin", "logging-plugin", "wireproof-closing"})
UNWATCHED_KEY, UNHEARD_KEY = pytest.StashKey[bool](), pytest.StashKey[bool]()
INHERITED_KEYWORDS_KEY = pytest.StashKey[tuple[str, ...]]()


def can_run_in_one_step(item: CheckItem) -> bool:
    """Nobody would notice that the check runs in one step."""
    stash = item.config.stash
    if UNWATCHED_KEY not in stash:
        stash[UNWATCHED_KEY] = _is_unwatched(item.config)
    return stash[UNWATCHED_KEY] and all(mark.name not in SKIPPING_MARKS for mark in item.iter_markers())


def run_in_one_step(item: CheckItem, following: pytest.Item | None, *, alike: bool) -> None:
    """Run a check and tell everyone who listens.

    Args:
        alike: the following item runs like this one, so that there is nothing to tear down between them.
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
    """What pytest would make of a call that passed or was skipped, for a fraction of the time."""
    where = None
    if call.excinfo is not None:
        where = (*_skip_location(call.excinfo.tb), call.excinfo.exconly(tryshort=True))
    report = pytest.TestReport(
        item.nodeid,
        item.location,
        _keywords(item),
        "passed" if where is None else "skipped",
        where,
        call.when,  # type: ignore[arg-type]
        duration=call.duration,
        start=call.start,
        stop=call.stop,
        user_properties=item.user_properties,
    )
    # Whoever sends a report elsewhere, as a worker of xdist does, wants data.
    told = item.verdict_for(report)
    report.__dict__["wireproof"] = told if told is None or _has_only_own_listeners(item.config) else told.as_data()
    return report


def _skip_location(traceback: TracebackType) -> tuple[str, int]:
    """Who called what raised: the place that pytest shows for a skip."""
    caller = traceback
    while traceback.tb_next is not None:
        caller, traceback = traceback, traceback.tb_next
    return caller.tb_frame.f_code.co_filename, caller.tb_lineno


def _keywords(item: CheckItem) -> dict[str, Literal[1]]:
    """The keywords of an item; what it has of its module is looked up once."""
    assert item.parent is not None
    stash = item.parent.stash
    if INHERITED_KEYWORDS_KEY not in stash:
        stash[INHERITED_KEYWORDS_KEY] = tuple(item.parent.keywords)
    return dict.fromkeys((*item.keywords._markers, *stash[INHERITED_KEYWORDS_KEY]), 1)  # type: ignore[attr-defined]


def _has_only_own_listeners(config: pytest.Config) -> bool:
    """Whether only pytest's own terminal and cache, and our own reports, listen."""
    if UNHEARD_KEY not in config.stash:
        impls = config.hook.pytest_runtest_logreport.get_hookimpls()
        config.stash[UNHEARD_KEY] = all(impl.plugin_name in UNCONCERNED_PLUGINS for impl in impls)
    return config.stash[UNHEARD_KEY]


def _is_unwatched(config: pytest.Config) -> bool:
    if any(config.getoption(name, False) for name in WATCHING_OPTIONS):
        return False
    impls = [impl for phase in PHASE_HOOKS for impl in getattr(config.hook, phase).get_hookimpls()]
    return all(impl.function.__module__.partition(".")[0] in INDIFFERENT_PACKAGES for impl in impls)
