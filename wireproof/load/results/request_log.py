"""Raw records: one line of JSON for each request, whatever its outcome (schemas/formats/record.json)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from wireproof.errors import ConfigError
from wireproof.load.request_record import RequestRecord

RECORD_TIMES = ("due", "sent", "headers", "first", "visible", "last", "done", "ended")


class RequestLog:
    """The file of a run; several processes of one machine append to the same file."""

    def __init__(self, file: Path, process: int, began_ns: int, redact_detail: Callable[[str], str]) -> None:
        self._process, self._began_ns, self._redact_detail = process, began_ns, redact_detail
        self._lines: list[bytes] = []
        self._file = file.open("ab", buffering=0)

    def add(self, record: RequestRecord, number: int, part: str) -> None:
        """Buffers the record of a request until the next `write`."""
        row: dict[str, Any] = {
            "number": number,
            "process": self._process,
            "name": record.name,
            "part": part,
            "outcome": str(record.outcome),
            "status": record.status,
            "detail": self._redact_detail(record.detail),
        }
        for name in RECORD_TIMES:
            at_ns = getattr(record, f"{name}_ns")
            row[f"{name}_ms"] = None if at_ns is None else (at_ns - self._began_ns) / 1e6
        tokens = record.tokens
        row["gaps_ms"] = [gap / 1e6 for gap in record.gaps_ns]
        row["tokens"] = {"prompt": tokens.prompt, "answer": tokens.answer, "by": tokens.by}
        row["bytes"] = {"sent": record.sent_bytes, "received": record.received_bytes}
        row["retry_after_s"] = record.retry_after_s
        self._lines.append(orjson.dumps(row))

    def write(self) -> None:
        """Appends the buffered lines in one write, so that lines of several processes do not mix."""
        if self._lines:
            self._file.write(b"\n".join((*self._lines, b"")))
            self._lines.clear()

    def close(self) -> None:
        """Writes the buffered lines and closes the file."""
        self.write()
        self._file.close()


def create_empty_log(file: Path) -> None:
    """Creates an empty file; raises ConfigError if it cannot be written."""
    try:
        file.write_bytes(b"")
    except OSError as error:
        raise ConfigError(
            f"--records {file}", f"it cannot be written ({error.strerror})", "name another file"
        ) from None
