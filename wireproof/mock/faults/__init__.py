"""The catalogue of faults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wireproof.mock.faults import (
    answer_values,
    broken_framing,
    broken_tool_calls,
    conditional_errors,
    contract_changes,
    form_uploads,
    header_values,
    image_generation,
    image_inputs,
    lasting_effects,
    legal_variants,
    length_cuts,
    members_ignored,
    options_ignored,
    proxies,
    quotas,
    rare_inputs,
    rate_limits,
    reasoning_shown,
    refusal_leaks,
    responses_events,
    responses_input,
    stream_chunks,
    stream_dialects,
    stream_endings,
    transport,
    wrong_inputs_accepted,
    yaml_faults,
)
from wireproof.mock.faults.derived_from_clauses import derived, from_id
from wireproof.mock.faults.fault import Fault, fault, stored
from wireproof.mock.faults.hooks import Lapse

__all__ = ["Fault", "derived", "faults", "find"]


ACTED: Mapping[str, Lapse] = {
    **answer_values.LAPSES,
    **members_ignored.LAPSES,
    **options_ignored.LAPSES,
    **wrong_inputs_accepted.LAPSES,
    **contract_changes.LAPSES,
    **stream_chunks.LAPSES,
    **stream_dialects.LAPSES,
    **stream_endings.LAPSES,
    **conditional_errors.LAPSES,
    **refusal_leaks.LAPSES,
    **broken_framing.LAPSES,
    **header_values.LAPSES,
    **quotas.LAPSES,
    **rate_limits.LAPSES,
    **image_inputs.LAPSES,
    **reasoning_shown.LAPSES,
    **responses_input.LAPSES,
    **image_generation.LAPSES,
    **form_uploads.LAPSES,
    **legal_variants.LAPSES,
    **broken_tool_calls.LAPSES,
    **length_cuts.LAPSES,
    **proxies.LAPSES,
    **responses_events.LAPSES,
    **transport.LAPSES,
    **lasting_effects.LAPSES,
    **rare_inputs.LAPSES,
}


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault by its id, in the order of the catalogue."""
    acted = (fault(fault_id, row, ACTED[fault_id]) for fault_id, row in stored("coded_faults.yaml").items())
    return {one.id: one for one in (*yaml_faults.rows(), *acted)}


def find(fault_id: str) -> Fault | None:
    """A fault of the catalogue, or one derived from a pointer."""
    return faults().get(fault_id) or from_id(fault_id)
