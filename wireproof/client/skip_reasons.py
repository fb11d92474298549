"""Reasons why a case is not sent to a target."""

from __future__ import annotations

from wireproof.client.window_waits import means_by_waiting
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.target import Target, not_given
from wireproof.evidence.case_result import NotSent


class CannotSend(Exception):
    """The target lacks something that a request needs: a key, a model, a name of a header."""


def skip_reason(case: Case, target: Target) -> NotSent | None:
    """Why a case is left out on this target, before anything of it is sent; None where it is sent."""
    provider = target.provider
    missing = [ask.endpoint for ask in case.asks if ask.endpoint not in provider.endpoints]
    if missing:
        return NotSent("not-offered", f"the {provider.name} document describes no {missing[0]} endpoint")
    if not provider.offers(case.feature):
        return NotSent("not-offered", f"the {provider.name} document does not offer {case.feature}")
    lacking = case.means - target.means - means_by_waiting(case, target)
    if lacking:
        return NotSent("untestable", not_given(lacking))
    if PROFILES.index(case.profile) > PROFILES.index(target.profile):
        return NotSent("untestable", f"belongs to the profile {case.profile} (--profile {case.profile})")
    if case.connection_count > target.connections:
        reason = f"needs {case.connection_count} connections at once, and this run has {target.connections}"
        return NotSent("untestable", reason)
    return None
