"""The catalogue of faults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wireproof.mock.faults import (
    asked,
    calls,
    cuts,
    dialects,
    drawings,
    endings,
    errors,
    forms,
    framing,
    heads,
    heeding,
    inputs,
    liberties,
    limits,
    lingering,
    pictures,
    quotas,
    refusals,
    relays,
    rules,
    seldom,
    streams,
    table,
    taken,
    thinking,
    transport,
    typed,
    values,
)
from wireproof.mock.faults.derived import derived, from_id
from wireproof.mock.faults.fault import Fault, fault, stored
from wireproof.mock.lapse import Lapse

__all__ = ["Fault", "derived", "faults", "find"]


ACTED: Mapping[str, Lapse] = {
    **values.LAPSES,
    **asked.LAPSES,
    **heeding.LAPSES,
    **taken.LAPSES,
    **rules.LAPSES,
    **streams.LAPSES,
    **dialects.LAPSES,
    **endings.LAPSES,
    **errors.LAPSES,
    **refusals.LAPSES,
    **framing.LAPSES,
    **heads.LAPSES,
    **quotas.LAPSES,
    **limits.LAPSES,
    **pictures.LAPSES,
    **thinking.LAPSES,
    **inputs.LAPSES,
    **drawings.LAPSES,
    **forms.LAPSES,
    **liberties.LAPSES,
    **calls.LAPSES,
    **cuts.LAPSES,
    **relays.LAPSES,
    **typed.LAPSES,
    **transport.LAPSES,
    **lingering.LAPSES,
    **seldom.LAPSES,
}


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault by its id, in the order of the catalogue."""
    acted = (fault(fault_id, row, ACTED[fault_id]) for fault_id, row in stored("acted.yaml").items())
    return {one.id: one for one in (*table.rows(), *acted)}


def find(fault_id: str) -> Fault | None:
    """A fault of the catalogue, or one derived from a pointer."""
    return faults().get(fault_id) or from_id(fault_id)
