"""The ledger of a run: JSON lines, append-only, header first, footer last.

A request is announced by an intent before it leaves and followed by its exchange, so that a ledger that was cut
anywhere still tells what was asked and what was answered. It holds exchanges as the checks saw them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireproof.errors import LedgerError
from wireproof.evidence.ledger_lock import WriterLock, alone, has_writer
from wireproof.evidence.redactor import Redactor

LEDGER_FORMAT = 1
ENCODER = json.JSONEncoder(ensure_ascii=False)
# The header is shorter, and the rest of a ledger may be long.
READ_SIZE = 1 << 16
# Elsewhere lines are ended as the system ends those of texts.
BINARY = getattr(os, "O_BINARY", 0)
# Elsewhere a line is appended in two steps, between which another process may append one.
APPENDS_AT_ONCE = os.name == "posix"


@dataclass(slots=True)
class Ledger:
    """Appends one line a fact, each by one write, so that processes may share the file and a cut loses one line.

    A lock beside the file tells others that it is being written.

    Attributes:
        durable: each line is on the disk before the run goes on.
    """

    redactor: Redactor
    durable: bool = False
    _file: int | None = None
    _path: Path = Path()
    _lock: WriterLock | None = None

    def open(self, file: Path, header: Mapping[str, Any]) -> None:
        """Begin a new ledger, or join the one that another process of the same run has begun."""
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
        """Go on behind the last line of a ledger that was cut."""
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
        """Lines go to a file."""
        return self._file is not None

    def write_verdict(self, verdict: Mapping[str, Any]) -> dict[str, Any]:
        """One verdict; gives it as it is written, without secrets."""
        told: dict[str, Any] = self.redactor.mask_facts(verdict)
        self._write_line({"kind": "verdict", "verdict": told})
        return told

    def write_footer(self, exchanges: int, verdicts: int, exit: int) -> None:
        """The last line: the run ended by itself."""
        self._write_line({"kind": "footer", "exchanges": exchanges, "verdicts": verdicts, "exit": exit})
        if self.durable and self._file is not None:
            os.fsync(self._file)

    def close(self) -> None:
        """Close the file and let others write it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def write_fact(self, fact: Mapping[str, Any]) -> None:
        """Write one line, which holds no secret; on a live target it is on the disk when this returns."""
        self._write_line(fact)
        if self.durable and self._file is not None:
            # In a thread: a slow disk must not delay the reads of other answers, whose times are evidence.
            await asyncio.to_thread(os.fsync, self._file)

    def _write_line(self, fact: Mapping[str, Any]) -> None:
        if self._file is not None:
            with nullcontext() if APPENDS_AT_ONCE else alone(self._path):
                self._append(fact)

    def _append(self, fact: Mapping[str, Any]) -> None:
        assert self._file is not None
        text = ENCODER.encode(fact)
        # A lone surrogate, which JSON can say and UTF-8 cannot, becomes the escape that JSON has for it.
        line = text.encode("utf-8", "backslashreplace") + b"\n"
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            raise LedgerError(f"{self._path}: it cannot be written ({error.strerror})") from None


def _read_run_id(file: int) -> str | None:
    """The run that began a ledger; None where there is none yet."""
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
    """The last line of a ledger was cut before its end."""
    if not os.fstat(file).st_size:
        return False
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) != b"\n"
