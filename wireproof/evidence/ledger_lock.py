"""Locks beside a ledger, which show that a process writes it; locks of ended processes are free.

Each writer has its own lock file, since several processes of one run share a ledger.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout


@contextmanager
def alone(ledger: Path) -> Iterator[None]:
    """Prevents other processes from starting, joining or leaving this ledger."""
    with FileLock(_beside(ledger, "lock")):
        yield


class WriterLock:
    """The lock of one writer of a ledger; to be taken inside `alone`."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger.resolve()
        self._lock = _take_free_lock(self._ledger)

    def release(self) -> None:
        """Releases the lock and removes its file."""
        try:
            with suppress(OSError), alone(self._ledger):  # the folder of the run may have been moved
                self._lock.release()
                Path(self._lock.lock_file).unlink(missing_ok=True)
        finally:
            self._lock.release()


def has_writer(ledger: Path) -> bool:
    """True if a process writes the ledger; processes of a killed run may write for a while."""
    pattern = glob.escape(_beside(ledger, "").name) + "*.lock"
    return any(_is_held(file) for file in ledger.resolve().parent.glob(pattern))


def _take_free_lock(ledger: Path) -> BaseFileLock:
    numbers = count()
    while True:
        # Not bound to a thread: another thread may end the run.
        lock = FileLock(_beside(ledger, f"{next(numbers)}.lock"), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock


def _is_held(file: Path) -> bool:
    try:
        with FileLock(file).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # without permission for the lock, writing the ledger fails later with its own error
        return False


def _beside(ledger: Path, end: str) -> Path:
    return ledger.resolve().with_name(f".{ledger.resolve().name}.{end}")
