"""The stored runs in SQLite, with one row for each verdict and each exchange, so that checks have a history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.report.endpoint_timings import read_size
from wireproof.report.finished_run import REPORT_FILE, RUNS_FOLDER, FinishedRun, read_finished_run

HISTORY_FILE = "history.sqlite"
DATABASE_VERSION = 1
CREATE_TABLES = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, started TEXT NOT NULL, wireproof TEXT NOT NULL, suite TEXT NOT NULL, exit INTEGER NOT NULL);
CREATE TABLE verdicts (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, target TEXT NOT NULL, contract TEXT NOT NULL,
  check_id TEXT NOT NULL, case_name TEXT NOT NULL, outcome TEXT NOT NULL, level TEXT NOT NULL,
  PRIMARY KEY (run, target, contract, check_id, case_name)) WITHOUT ROWID;
CREATE TABLE judged (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, target TEXT NOT NULL, contract TEXT NOT NULL,
  check_id TEXT NOT NULL, case_name TEXT NOT NULL,
  PRIMARY KEY (run, target, contract, check_id, case_name)) WITHOUT ROWID;
CREATE TABLE exchanges (
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, target TEXT NOT NULL, case_name TEXT NOT NULL,
  endpoint TEXT NOT NULL, status INTEGER, first_ms REAL, whole_ms REAL, bytes INTEGER NOT NULL);
CREATE INDEX exchanges_of_run ON exchanges (run, target, case_name);
"""


@contextmanager
def open_history(reports: Path) -> Iterator[sqlite3.Connection]:
    """Opens the history of the runs stored below this folder, after adding new runs and removing deleted ones.

    Raises LedgerError if no run is stored there, or if the database cannot be used.
    """
    folder = reports / RUNS_FOLDER
    if not folder.is_dir():
        raise LedgerError(f"{folder}: no run is stored there; store one with --keep")
    with closing(_open_database(reports / HISTORY_FILE)) as database:
        stored = {file.parent.name: file.parent for file in folder.glob(f"*/{REPORT_FILE}")}
        in_database = {id for (id,) in database.execute("SELECT id FROM runs")}
        with database:
            database.executemany("DELETE FROM runs WHERE id = ?", [(id,) for id in in_database - stored.keys()])
            for id in sorted(stored.keys() - in_database):
                _add_run(database, id, read_finished_run(stored[id]))
        yield database


def _open_database(file: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(file)
        database.execute("PRAGMA foreign_keys = ON")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(f"{CREATE_TABLES} PRAGMA user_version = {DATABASE_VERSION};")
    except sqlite3.Error as error:
        raise LedgerError(f"{file}: it cannot be used ({error}); remove it, and it is made anew from runs/") from None
    if version not in (0, DATABASE_VERSION):
        raise LedgerError(f"{file}: it is of another version; remove it, and it is made anew from runs/")
    return database


def _add_run(database: sqlite3.Connection, id: str, facts: FinishedRun) -> None:
    report = facts.report
    run = (id, report["started"], report["wireproof"], report["suite"]["digest"], report["exit"])
    database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", run)
    rows = [(id, v.target, v.provider, v.check, v.case, v.outcome, v.level) for v in facts.verdicts]
    database.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)", sqlite_text(rows))
    # The case of a check that compares several has their names joined by a plus sign.
    judged = {(id, v.target, v.provider, v.check, case) for v in facts.verdicts for case in v.case.split("+")}
    database.executemany("INSERT INTO judged VALUES (?, ?, ?, ?, ?)", sqlite_text(judged))
    exchanges = [_exchange_row(id, fact) for _, fact in facts.exchanges]
    database.executemany("INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?, ?)", sqlite_text(exchanges))


def _exchange_row(id: str, fact: Any) -> tuple[Any, ...]:
    first, whole = (None if fact[name] is None else fact[name] / 1e6 for name in ("headers_ns", "ended_ns"))
    size = sum(read_size(data) for _, data in fact["reads"])
    return (id, fact["target"], fact["case"], fact["endpoint"], fact["status"], first, whole, size)


def sqlite_text(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yields rows that SQLite accepts: a lone surrogate, which UTF-8 cannot encode, becomes its escape."""
    for row in rows:
        yield tuple(v.encode("utf-8", "backslashreplace").decode() if isinstance(v, str) else v for v in row)
