"""The control headers of the mock have the same names on both sides."""

from __future__ import annotations

import re
from pathlib import Path

import wireproof.mock
from wireproof.contract.mock_controls import CELL, CLOCK, FAULT, HEADERS, SLOTS
from wireproof.mock import control
from wireproof.mock.accounts import slots

SOURCES = Path(wireproof.mock.__file__).parent.rglob("*.py")


def test_the_mock_reads_the_headers_of_the_table() -> None:
    assert (FAULT.lower(), CLOCK.lower(), CELL.lower()) == (
        control.FAULT_HEADER,
        control.CLOCK_AHEAD_HEADER,
        control.CELL_STATE_HEADER,
    )
    assert (FAULT.lower(), SLOTS.lower()) == (slots.FAULT_HEADER, slots.SLOTS_HEADER)


def test_the_mock_has_no_other_control_header() -> None:
    named = {name for file in SOURCES for name in re.findall(r"x-wireproof-[a-z]+", file.read_text(encoding="utf-8"))}
    assert named == {name.lower() for name in HEADERS}
