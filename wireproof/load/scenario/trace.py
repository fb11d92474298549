"""A recorded load for replay: the time of each request, and its tokens in and out.

A line is a JSON object in the format that Mooncake published: `timestamp` in milliseconds, `input_length`,
`output_length`, and `hash_ids`, one for each 512 tokens of the prompt; equal ids stand for equal text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.load.scenario.request_template import TokenCounts

TraceLine = tuple[int, TokenCounts]


def read_trace(file: Path, speed: float = 1.0) -> tuple[TraceLine, ...]:
    """The starts of a trace in nanoseconds from its first, and the sizes; raises ConfigError if it cannot be parsed."""
    try:
        rows = sorted(_read_trace_rows(file), key=lambda row: row[0])
    except OSError as error:
        raise ConfigError(str(file), f"it cannot be read ({error.strerror})", "name a trace (docs/load.md)") from None
    if not rows:
        raise ConfigError(str(file), "it holds no request", "name a trace (docs/load.md)")
    first = rows[0][0]
    return tuple((int((timestamp - first) / speed * 1e6), sizes) for timestamp, sizes in rows)


def _read_trace_rows(file: Path) -> Iterator[tuple[float, TokenCounts]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                problem = f"it is not JSON ({error.msg})"
                raise ConfigError(f"{file}, line {number}", problem, "write one object per line") from None
            schemas.check_format(row, "trace", f"{file}, line {number}")
            yield row["timestamp"], TokenCounts(row["input_length"], row["output_length"], row.get("hash_ids", ()))
