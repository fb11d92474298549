"""The error bar of a load run in words, for every report of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def error_bar_sentence(bar: Mapping[str, Any] | None) -> str:
    """Milliseconds that the client itself adds, by metric; None stands for a client that was not calibrated."""
    if bar is None:
        return "not measured here (wireproof calibrate measures it)"
    told = (f"{kind} " + "/".join(f"{share} {value:+.2f}" for share, value in row.items()) for kind, row in bar.items())
    return "by its calibration this client adds: " + ", ".join(told)
