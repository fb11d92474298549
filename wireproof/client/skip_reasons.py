"""Reasons why a case is not sent to a target."""

from __future__ import annotations

from wireproof.client.window_waits import means_by_waiting
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.case_files import ENDPOINT_ROLES
from wireproof.contract.target import Target, not_given
from wireproof.evidence.case_result import NotSent


class CannotSend(Exception):
    """Raised if the target lacks something that a request needs: a key, a model or a header name."""


def skip_reason(case: Case, target: Target) -> NotSent | None:
    """Reason why no request of a case is sent to this target; None if the case is sent."""
    provider = target.provider
    missing_endpoints = [spec.endpoint for spec in case.asks if spec.endpoint not in provider.endpoints]
    if missing_endpoints:
        return NotSent("not-offered", f"the {provider.name} document describes no {missing_endpoints[0]} endpoint")
    if not provider.offers(*case.features):
        missing = next(feature for feature in case.features if not provider.offers(feature))
        return NotSent("not-offered", f"the {provider.name} document does not offer {missing}")
    missing_means = case.means - target.means - means_by_waiting(case, target)
    if missing_means:
        return NotSent("untestable", not_given(missing_means))
    if PROFILES.index(case.profile) > PROFILES.index(target.profile):
        return NotSent("untestable", f"belongs to the profile {case.profile} (--profile {case.profile})")
    if case.connection_count > target.connections:
        reason = f"needs {case.connection_count} connections at once, and this run has {target.connections}"
        return NotSent("untestable", reason)
    return _serving_model(case, target)


def _serving_model(case: Case, target: Target) -> NotSent | None:
    """Reason why a model of the wrong kind is not asked: it is also named for the endpoint; None if it is not."""
    spec = case.asks[-1]
    own_role = ENDPOINT_ROLES.get(spec.endpoint)
    model = target.models.get(spec.model)
    if case.refused != "wrong-model-kind" or own_role in (None, spec.model) or model is None:
        return None
    if target.models.get(own_role or "") != model:
        return None
    reason = f"no model is known for {spec.model} alone, since {model} is also named for {own_role}"
    return NotSent("untestable", f"{reason}; name one with --model {spec.model}=ID")
