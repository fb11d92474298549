"""The ledger of a run: JSON lines, append-only, header first, footer last.

An intent precedes each request and its exchange follows, so that a truncated ledger still shows which requests were
sent and which were answered. Exchanges are stored as the checks read them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.evidence.ledger_lock import WriterLock, alone, has_writer
from wireproof.evidence.redactor import Redactor

LEDGER_FORMAT = 1
ENCODER = json.JSONEncoder(ensure_ascii=False)
# Long enough for the header; the rest of a ledger may be long.
READ_SIZE = 1 << 16
# Windows would otherwise convert line ends.
BINARY = getattr(os, "O_BINARY", 0)
# Other systems append in two steps, between which another process may append.
APPENDS_AT_ONCE = os.name == "posix"


@dataclass(slots=True)
class Ledger:
    """Appends one line a fact, each by one write; so processes can share the file and a crash loses one line.

    A lock beside the file shows other processes that it is being written.

    Attributes:
        durable: true if each line is flushed to disk before the run continues.
    """

    redactor: Redactor
    durable: bool = False
    _file: int | None = None
    _path: Path = Path()
    _lock: WriterLock | None = None

    def open(self, file: Path, header: Mapping[str, Any]) -> None:
        """Starts a new ledger, or joins that of another process of the same run; raises LedgerError."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._file, self._path = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY, 0o644), file
            with alone(file):
                if _read_run_id(self._file) != header["run"]:
                    if has_writer(file):
                        raise LedgerError(f"{file}: another run is writing it; give this one a --report-dir of its own")
                    os.ftruncate(self._file, 0)
                    self._append(self.redactor.mask_facts({"kind": "header", "format": LEDGER_FORMAT, **header}))
                self._lock = WriterLock(file)
        except OSError as error:
            raise LedgerError(f"{file}: it cannot be written ({error.strerror})") from None

    def resume(self, file: Path, started: str) -> None:
        """Continues a truncated ledger after its last line; raises LedgerError."""
        try:
            self._file, self._path = os.open(file, os.O_RDWR | os.O_APPEND | BINARY), file
            with alone(file):
                if _is_torn(self._file):
                    os.write(self._file, b"\n")
                self._append({"kind": "resumed", "at": started})
                self._lock = WriterLock(file)
        except OSError as error:
            raise LedgerError(f"{file}: it cannot be written ({error.strerror})") from None

    @property
    def is_open(self) -> bool:
        """True if lines are written to a file."""
        return self._file is not None

    def write_verdict(self, verdict: Mapping[str, Any]) -> dict[str, Any]:
        """Writes one verdict; returns it as written, without secrets."""
        masked: dict[str, Any] = self.redactor.mask_facts(verdict)
        self._write_line({"kind": "verdict", "verdict": masked})
        return masked

    def write_footer(
        self, exchanges: int, verdicts: int, exit: int, promises: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Writes the last line of a completed run; the promises are those that it decided and left open."""
        counts = {"exchanges": exchanges, "verdicts": verdicts, "exit": exit}
        told = {"promises": list(promises)} if promises else {}
        self._write_line({"kind": "footer", **counts, **told})
        if self.durable and self._file is not None:
            os.fsync(self._file)

    def close(self) -> None:
        """Closes the file and releases the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def write_fact(self, fact: Mapping[str, Any]) -> None:
        """Writes one line, which must contain no secret; a durable ledger is on disk when this returns."""
        self._write_line(fact)
        if self.durable and self._file is not None:
            # In a thread, so that a slow disk delays no reads of other responses, whose times are evidence.
            await asyncio.to_thread(os.fsync, self._file)

    def _write_line(self, fact: Mapping[str, Any]) -> None:
        if self._file is not None:
            with nullcontext() if APPENDS_AT_ONCE else alone(self._path):
                self._append(fact)

    def _append(self, fact: Mapping[str, Any]) -> None:
        assert self._file is not None
        text = ENCODER.encode(fact)
        # A lone surrogate is valid in JSON but not in UTF-8; it becomes its JSON escape.
        line = text.encode("utf-8", "backslashreplace") + b"\n"
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            raise LedgerError(f"{self._path}: it cannot be written ({error.strerror})") from None


def _read_run_id(file: int) -> str | None:
    """Id of the run that started a ledger; None for an empty file."""
    line, size = b"", os.fstat(file).st_size
    os.lseek(file, 0, os.SEEK_SET)
    while b"\n" not in line and len(line) < size and (more := os.read(file, READ_SIZE)):
        line += more
    try:
        first = json.loads(line.partition(b"\n")[0])
    except ValueError:
        return None
    return first.get("run") if isinstance(first, dict) else None


def _is_torn(file: int) -> bool:
    """True if the last line of a ledger is incomplete."""
    if not os.fstat(file).st_size:
        return False
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) != b"\n"
