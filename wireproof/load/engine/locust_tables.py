"""Turns off the tables and the log that locust prints, so that the result of wireproof is the last thing read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locust import stats

from wireproof.load.engine.load_options import TABLES_FLAG


def quiet_log_level(words: Sequence[str]) -> str | None:
    """The log level of a run without a web UI, whose messages are about locust; None for locust's own default."""
    return "WARNING" if "--headless" in words and TABLES_FLAG not in words else None


def silence_tables(options: Any) -> None:
    """Removes the tables during the run and at its end, unless the options request them."""
    if options.locust_tables:
        return
    options.only_summary = True
    for name in ("print_stats", "print_percentile_stats", "print_error_report"):
        setattr(stats, name, _print_nothing)


def _print_nothing(*_: Any, **__: Any) -> None:
    """Stands for one of locust's tables."""
