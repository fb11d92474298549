"""The catalogue of faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from wireproof.mock.faults import (
    answer_parts,
    answer_values,
    broken_framing,
    broken_tool_calls,
    combined_features,
    conditional_errors,
    contract_changes,
    described_schemas,
    form_uploads,
    header_values,
    image_generation,
    image_inputs,
    lasting_effects,
    legal_pieces,
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
    runaway_answers,
    starved_answers,
    stored_resources,
    stream_chunks,
    stream_dialects,
    stream_endings,
    stream_texts,
    transport,
    uneven_routes,
    wrong_inputs_accepted,
    yaml_faults,
)
from wireproof.mock.faults.derived_from_clauses import derive_fault, fault_from_id
from wireproof.mock.faults.fault import Fault, catalogue_by_id, fault_from_row, read_catalogue_file
from wireproof.mock.faults.hooks import FaultHooks

__all__ = ["Fault", "derive_fault", "faults", "find_fault", "use_own_faults"]

CODED_HOOKS: Mapping[str, FaultHooks] = {
    **answer_values.HOOKS,
    **answer_parts.HOOKS,
    **stream_texts.HOOKS,
    **uneven_routes.HOOKS,
    **members_ignored.HOOKS,
    **options_ignored.HOOKS,
    **combined_features.HOOKS,
    **wrong_inputs_accepted.HOOKS,
    **contract_changes.HOOKS,
    **described_schemas.HOOKS,
    **stream_chunks.HOOKS,
    **stream_dialects.HOOKS,
    **stream_endings.HOOKS,
    **conditional_errors.HOOKS,
    **refusal_leaks.HOOKS,
    **broken_framing.HOOKS,
    **header_values.HOOKS,
    **quotas.HOOKS,
    **rate_limits.HOOKS,
    **image_inputs.HOOKS,
    **reasoning_shown.HOOKS,
    **responses_input.HOOKS,
    **image_generation.HOOKS,
    **form_uploads.HOOKS,
    **legal_variants.HOOKS,
    **starved_answers.HOOKS,
    **legal_pieces.HOOKS,
    **broken_tool_calls.HOOKS,
    **length_cuts.HOOKS,
    **runaway_answers.HOOKS,
    **proxies.HOOKS,
    **responses_events.HOOKS,
    **transport.HOOKS,
    **lasting_effects.HOOKS,
    **rare_inputs.HOOKS,
    **stored_resources.HOOKS,
}


_own_groups: list[Mapping[str, Any]] = []


def use_own_faults(groups: Iterable[Mapping[str, Any]]) -> None:
    """Sets the groups of faults of own suites, in the form of schemas/formats/faults.json, for this process."""
    _own_groups[:] = groups
    faults.cache_clear()


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault by its id, in the order of the catalogue; raises ConfigError if two have the same id."""
    coded = (
        fault_from_row(fault_id, row, CODED_HOOKS[fault_id])
        for fault_id, row in read_catalogue_file("coded_faults.yaml").items()
    )
    return catalogue_by_id((*yaml_faults.table_faults(_own_groups), *coded))


def find_fault(fault_id: str) -> Fault | None:
    """Returns a fault of the catalogue, or one derived from a pointer; None if the id names neither."""
    return faults().get(fault_id) or fault_from_id(fault_id)
