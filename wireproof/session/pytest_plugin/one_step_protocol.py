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

PHASES = tuple(f"pytest_runtest_{phase}" for phase in ("setup", "call", "teardown", "makereport"))
# What stands in these phases without a meaning for checks: pytest itself, our own plugin, and Hypothesis'.
INDIFFERENT = frozenset({"_pytest", "wireproof", "_hypothesis_pytestplugin"})
WATCHING = ("usepdb", "trace", "setupshow", "setuponly", "setupplan")
MARKS = frozenset({"skip", "skipif", "xfail"})
ENDING = (pytest.exit.Exception, KeyboardInterrupt)
# Of these nobody looks at the report of a teardown that passed, nor at what a report carries but for our own.
UNCONCERNED = frozenset({"session", "terminalreporter", "lfplugin", "logging-plugin", "wireproof-closing"})
UNWATCHED, UNHEARD = pytest.StashKey[bool](), pytest.StashKey[bool]()
INHERITED = pytest.StashKey[tuple[str, ...]]()


def applies(item: CheckItem) -> bool:
    """Nobody would notice that the check runs in one step."""
    stash = item.config.stash
    if UNWATCHED not in stash:
        stash[UNWATCHED] = _unwatched(item.config)
    return stash[UNWATCHED] and all(mark.name not in MARKS for mark in item.iter_markers())


def run(item: CheckItem, following: pytest.Item | None, *, alike: bool) -> None:
    """Run a check and tell everyone who listens.

    Args:
        alike: the following item runs like this one, so that there is nothing to tear down between them.
    """
    hook, session = item.ihook, item.session
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _judge(item, hook)
    if session.shouldfail or session.shouldstop:
        following = None
    if following is None or not alike:
        _tell(item, hook, _from_call(lambda: session._setupstate.teardown_exact(following), "teardown"))
    elif not _unheard(item.config):
        _tell(item, hook, _from_call(lambda: None, "teardown"))
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _judge(item: CheckItem, hook: Any) -> None:
    with item.config.pluginmanager.getplugin("capturemanager").item_capture("setup", item):
        judged = _from_call(item.setup, "setup")
    if judged.excinfo is None:
        shown = _from_call(item.runtest, "call")
        shown.start, shown.duration = judged.start, judged.duration + shown.duration
        judged = shown
    _tell(item, hook, judged)


def _from_call(step: Callable[[], None], when: Literal["setup", "call", "teardown"]) -> pytest.CallInfo[None]:
    return pytest.CallInfo.from_call(step, when, ENDING)


def _tell(item: CheckItem, hook: Any, call: pytest.CallInfo[Any]) -> None:
    error = None if call.excinfo is None else call.excinfo.value
    if item._report_sections or not (error is None or type(error) is pytest.skip.Exception):
        report = hook.pytest_runtest_makereport(item=item, call=call)
    else:
        report = _report(item, call)
    hook.pytest_runtest_logreport(report=report)
    if report.failed:
        hook.pytest_exception_interact(node=item, call=call, report=report)


def _report(item: CheckItem, call: pytest.CallInfo[Any]) -> pytest.TestReport:
    """What pytest would make of a call that passed or was skipped, for a fraction of the time."""
    where = None
    if call.excinfo is not None:
        where = (*_raised(call.excinfo.tb), call.excinfo.exconly(tryshort=True))
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
    told = item.told(report)
    report.__dict__["wireproof"] = told if told is None or _unheard(item.config) else told.as_data()
    return report


def _raised(traceback: TracebackType) -> tuple[str, int]:
    """Who called what raised: the place that pytest shows for a skip."""
    caller = traceback
    while traceback.tb_next is not None:
        caller, traceback = traceback, traceback.tb_next
    return caller.tb_frame.f_code.co_filename, caller.tb_lineno


def _keywords(item: CheckItem) -> dict[str, Literal[1]]:
    """The keywords of an item; what it has of its module is looked up once."""
    assert item.parent is not None
    stash = item.parent.stash
    if INHERITED not in stash:
        stash[INHERITED] = tuple(item.parent.keywords)
    return dict.fromkeys((*item.keywords._markers, *stash[INHERITED]), 1)  # type: ignore[attr-defined]


def _unheard(config: pytest.Config) -> bool:
    """Whether only pytest's own terminal and cache, and our own reports, listen."""
    if UNHEARD not in config.stash:
        impls = config.hook.pytest_runtest_logreport.get_hookimpls()
        config.stash[UNHEARD] = all(impl.plugin_name in UNCONCERNED for impl in impls)
    return config.stash[UNHEARD]


def _unwatched(config: pytest.Config) -> bool:
    if any(config.getoption(name, False) for name in WATCHING):
        return False
    impls = [impl for phase in PHASES for impl in getattr(config.hook, phase).get_hookimpls()]
    return all(impl.function.__module__.partition(".")[0] in INDIFFERENT for impl in impls)
