"""Request headers that make the bundled mock inject a fault, move its clock, break a cell or use one slot."""

from __future__ import annotations

from collections.abc import Mapping

FAULT, CLOCK, CELL, SLOTS = HEADERS = (
    "X-Wireproof-Fault",
    "X-Wireproof-Clock",
    "X-Wireproof-Cell",
    "X-Wireproof-Slots",
)
CELL_MEANS = ("cell-down", "cell-failing", "cell-misconfigured", "cell-crashed", "cell-one-down")
# Means → header name and template of its value.
CONTROLS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(CELL_MEANS, (CELL, "{}")),
    "clock": (CLOCK, "{}"),
    "one-slot": (SLOTS, "{}"),
}
