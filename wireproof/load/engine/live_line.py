"""The status line of a run on a terminal: elapsed time, time left, and the figures so far."""

from __future__ import annotations

import math
import sys
from time import monotonic
from typing import Any

import gevent
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

REFRESH_INTERVAL_S = 0.5
TTFT_METRIC = "TTFT ms"


def is_watched(environment: Any) -> bool:
    """True if the run has no web UI and standard error is a terminal."""
    return bool(environment.parsed_options.headless) and sys.stderr.isatty()


def show_live_line(environment: Any, total_s: float) -> None:
    """Shows the line until the greenlet is killed; a run without an end has no bar."""
    columns = (
        BarColumn(12),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    began = monotonic()
    # This greenlet alone refreshes the line: a thread would delay the streams.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task("", total=None if math.isinf(total_s) else total_s)
        while True:
            bar.update(task, completed=monotonic() - began, description=status_line(environment), refresh=True)
            gevent.sleep(REFRESH_INTERVAL_S)


def status_line(environment: Any) -> str:
    """The users, requests, failures, rate and median TTFT so far."""
    total = environment.stats.total
    ttft_row = max(
        (row for (_, kind), row in environment.stats.entries.items() if kind == TTFT_METRIC),
        key=lambda row: row.num_requests,
        default=None,
    )
    ttft = (
        f", TTFT p50 {ttft_row.median_response_time:.0f} ms" if ttft_row is not None and ttft_row.num_requests else ""
    )
    return (
        f"{environment.runner.user_count} users, {total.num_requests} requests, {total.num_failures} not ok, "
        f"{total.current_rps:.1f}/s{ttft}"
    )
