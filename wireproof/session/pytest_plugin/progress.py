"""Shows progress while cases are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wireproof.session.run import Run


@contextmanager
def show_progress(config: pytest.Config, run: Run) -> Iterator[None]:
    """Shows the number of finished cases of each target: bars on a terminal, lines elsewhere, nothing with -q."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.getoption("quiet", 0) > 0:
        yield
    elif reporter.isatty:
        yield from _show_bars(reporter, run)
    else:
        yield from _show_lines(reporter, run)


def _show_bars(reporter: pytest.TerminalReporter, run: Run) -> Iterator[None]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=reporter._tw._file), transient=True) as bars:
        tasks = {name: bars.add_task(f"sending to {name}", total=None) for name in run.target_runs}

        def show(target: str, done: int, of: int) -> None:
            bars.update(tasks[target], completed=done, total=max(done, of))

        run.on_progress = show
        yield


def _show_lines(reporter: pytest.TerminalReporter, run: Run) -> Iterator[None]:
    started, counts = monotonic(), dict[str, int]()

    def show(target: str, done: int, of: int) -> None:
        if target not in counts:
            reporter.write_line(f"sending {of} cases to {target}")
        counts[target] = done

    run.on_progress = show
    yield
    took = monotonic() - started
    reporter.write_line(f"{sum(counts.values())} cases sent in {took:.1f} s")
