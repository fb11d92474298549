"""Text of a load run's error bar, for all reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def error_bar_sentence(bar: Mapping[str, Any] | None) -> str:
    """States the milliseconds that the client adds to each metric; `bar` is None without a calibration."""
    if bar is None:
        return "not measured (run wireproof calibrate)"
    parts = (f"{kind} " + "/".join(f"{name} {value:+.2f}" for name, value in row.items()) for kind, row in bar.items())
    return "according to its calibration this client adds, in ms: " + ", ".join(parts)
