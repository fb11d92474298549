"""The headers by which one request asks the bundled mock for a fault, a later moment, a cell in trouble or one slot."""

from __future__ import annotations

from collections.abc import Mapping

FAULT, CLOCK, CELL, SLOTS = HEADERS = (
    "X-Wireproof-Fault",
    "X-Wireproof-Clock",
    "X-Wireproof-Cell",
    "X-Wireproof-Slots",
)
CELL_MEANS = ("cell-down", "cell-failing", "cell-misconfigured", "cell-crashed", "cell-one-down")
# Means → the header that arranges it, with `{}` for the value.
CONTROLS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(CELL_MEANS, (CELL, "{}")),
    "clock": (CLOCK, "{}"),
    "one-slot": (SLOTS, "{}"),
}
