"""How a check runs under pytest: one step in place of pytest's three phases, with the reports those would make.

A run holds tens of thousands of checks, each judged in microseconds from frozen evidence, without fixtures. Where
somebody watches the phases (a debugger, a hook of another plugin, a mark that skips), pytest's own protocol runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wireproof.plugin import CheckItem

PHASES = tuple(f"pytest_runtest_{phase}" for phase in ("setup", "call", "teardown", "makereport"))
# What stands in these phases without a meaning for checks: pytest itself, our own plugin, and Hypothesis'.
INDIFFERENT = frozenset({"_pytest", "wireproof", "_hypothesis_pytestplugin"})
WATCHING = ("usepdb", "trace", "setupshow", "setuponly", "setupplan")
MARKS = frozenset({"skip", "skipif", "xfail"})
ENDING = (pytest.exit.Exception, KeyboardInterrupt)
UNWATCHED = pytest.StashKey[bool]()


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
    done = pytest.CallInfo.from_call(lambda: None, "teardown")
    if session.shouldfail or session.shouldstop:
        following = None
    if following is None or not alike:
        done = pytest.CallInfo.from_call(lambda: session._setupstate.teardown_exact(following), "teardown", ENDING)
    _tell(item, hook, done)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _judge(item: CheckItem, hook: Any) -> None:
    with item.config.pluginmanager.getplugin("capturemanager").item_capture("setup", item):
        judged = pytest.CallInfo.from_call(item.setup, "setup", ENDING)
    if judged.excinfo is None:
        shown = pytest.CallInfo.from_call(item.runtest, "call", ENDING)
        shown.start, shown.duration = judged.start, judged.duration + shown.duration
        judged = shown
    _tell(item, hook, judged)


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
        crash = call.excinfo.traceback[-2]
        where = (str(crash.path), crash.lineno + 1, call.excinfo.exconly(tryshort=True))
    report = pytest.TestReport(
        item.nodeid,
        item.location,
        dict.fromkeys(item.keywords, 1),
        "passed" if where is None else "skipped",
        where,
        call.when,  # type: ignore[arg-type]
        duration=call.duration,
        start=call.start,
        stop=call.stop,
        user_properties=item.user_properties,
    )
    report.__dict__["wireproof"] = item.told(report)
    return report


def _unwatched(config: pytest.Config) -> bool:
    if any(config.getoption(name, False) for name in WATCHING):
        return False
    impls = [impl for phase in PHASES for impl in getattr(config.hook, phase).get_hookimpls()]
    return all(impl.function.__module__.partition(".")[0] in INDIFFERENT for impl in impls)
