"""Locks beside a ledger, which tell whether a process still writes it; those of a dead process are free.

Each writer has a lock file of its own, since several processes of one run share a ledger.
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
    """Let no other process begin, join or leave this ledger meanwhile."""
    with FileLock(_beside(ledger, "lock")):
        yield


class WriterLock:
    """The lock of one writer of a ledger; to be taken while `alone`."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger.resolve()
        self._lock = _take_free_lock(self._ledger)

    def release(self) -> None:
        """Leave the ledger, and no file of the lock behind."""
        try:
            with suppress(OSError), alone(self._ledger):  # whoever ends a run may have moved its folder away
                self._lock.release()
                Path(self._lock.lock_file).unlink(missing_ok=True)
        finally:
            self._lock.release()


def has_writer(ledger: Path) -> bool:
    """A process writes the ledger; what a killed run left behind may go on for a while."""
    pattern = glob.escape(_beside(ledger, "").name) + "*.lock"
    return any(_is_held(file) for file in ledger.resolve().parent.glob(pattern))


def _take_free_lock(ledger: Path) -> BaseFileLock:
    numbers = count()
    while True:
        # Not bound to a thread: the one that ends a run may be another than the one that began it.
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
    except OSError:  # whoever may not take the lock may not write the ledger either, and is told so there
        return False


def _beside(ledger: Path, end: str) -> Path:
    return ledger.resolve().with_name(f".{ledger.resolve().name}.{end}")
