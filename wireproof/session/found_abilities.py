"""Finds out what the chat model of a target can do, from its answers, and gives it the roles that it can play.

A role is open if neither an option nor the model list names a model for it. The chat model gets an open role if the
first answer shows the ability, or the answer to a case of the role that is sent first, as a probe. A probe is a case
that the run sends anyway, so it costs no request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wireproof.client.sender import Sender
from wireproof.client.skip_reasons import skip_reason
from wireproof.contract.case import PROFILES, Case
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.exchange import Exchange
from wireproof.judging.column_judges import ColumnJudges
from wireproof.judging.shown_abilities import (
    ABILITY_REQUESTS,
    ABILITY_ROLES,
    COLOUR_CHECK,
    requested_model,
    requested_role,
    shown_abilities,
)

CHAT = "chat"
# A probe is sent to each of these endpoints until one shows the ability: a server may lack one of them.
PROBED_ENDPOINTS = ("chat", "responses")


def open_roles(target: Target, cases: Iterable[Case]) -> tuple[str, ...]:
    """The roles that the chat model may play, that these cases need, and for which no model is known."""
    unnamed = [role for role in ABILITY_ROLES if role not in target.models and CHAT in target.models]
    needed = {spec.model for case in cases for spec in case.asks if spec.model in unnamed and _is_sent(case, target)}
    return tuple(role for role in unnamed if role in needed)


async def send_probes(sender: Sender, judges: ColumnJudges, wanted: Sequence[Case], first: str) -> ColumnJudges:
    """Sends a probe for each open role that a wanted case needs; returns the judges of the target with its new roles.

    Args:
        first: the case of the first answer of a model, which may show an ability already.
    """
    for role in open_roles(judges.target, wanted):
        if not _is_shown(judges, role, sender.evidence, first):
            sender.target = judges.target.with_chat_model_in((role,))
            for case in probe_cases(wanted, role, sender.target):
                await sender.send(case)
                if _is_shown(judges, role, sender.evidence, first):
                    break
    judges = with_found_roles(judges, sender.evidence, first, wanted)
    sender.target = judges.target
    return judges


def probe_cases(wanted: Iterable[Case], role: str, target: Target) -> list[Case]:
    """The cases whose answers would show the ability of a role best, at most one for each endpoint."""
    fitting = [
        case
        for case in wanted
        if case.asks[0].model == role
        and case.request_count == 1
        and case.kind in ("answer", "stream")
        and _is_sent(case, target)
        and (role == "reasoning" or _asks_for(case, role))
    ]
    # A model that reasons on request alone shows it only if it is asked to.
    fitting.sort(key=lambda case: (not _asks_for(case, role), PROFILES.index(case.profile)))
    first_by_endpoint = {case.endpoint: case for case in reversed(fitting)}
    return [first_by_endpoint[endpoint] for endpoint in PROBED_ENDPOINTS if endpoint in first_by_endpoint]


def with_found_roles(
    judges: ColumnJudges, evidence: Evidence, first: str, wanted: Iterable[Case] | None = None
) -> ColumnJudges:
    """The judges of the target whose chat model plays the open roles that its answers show.

    Roles that its answers do not show have a reason instead. It depends on the evidence alone, so stored evidence
    gives the same roles.

    Args:
        wanted: the cases that may need a role; None for those of the evidence.
    """
    if wanted is None:
        wanted = [judges.cases[name] for name in evidence if name in judges.cases]
    target, shown, reasons = judges.target, list[str](), dict[str, str]()
    for role in open_roles(target, wanted):
        probes = tuple(_answers_in_role(judges.cases, evidence, role))
        if _is_shown(judges, role, evidence, first):
            shown.append(role)
        elif probes:
            reasons[role] = reason_not_shown(target.models[CHAT], role, probes)
    found = replace(target.with_chat_model_in(shown), not_shown=reasons)
    return judges if found == target else judges.with_target(found)


def reason_not_shown(model: str, role: str, probes: Iterable[Exchange]) -> str:
    """Reason why a model does not play a role, with the answers that do not show its ability."""
    answers = ", ".join(f"{one.case}: {'cut off' if one.broken else one.status}" for one in probes)
    return f"the model {model} shows no {role} ({answers}); name one that does with --model {role}=ID"


def reason_in_role(target: Target, case: Case, sent: CaseResult | None) -> str | None:
    """Reason why the answers to a probe are not judged: the model cannot play its role; None if they are judged."""
    if not isinstance(sent, tuple):
        return None
    return next((target.not_shown[spec.model] for spec in case.asks if spec.model in target.not_shown), None)


def _is_shown(judges: ColumnJudges, role: str, evidence: Evidence, first: str) -> bool:
    sent = evidence.get(first)
    answers = (*(sent if isinstance(sent, tuple) else ()), *_answers_in_role(judges.cases, evidence, role))
    model = judges.target.models[CHAT]
    return any(
        role in shown_abilities(one, judges.checks[COLOUR_CHECK]) for one in answers if requested_model(one) == model
    )


def _answers_in_role(cases: Mapping[str, Case], evidence: Evidence, role: str) -> Iterator[Exchange]:
    """Yields the answers to the requests that name the model of a role."""
    for name, sent in evidence.items():
        for exchange in sent if isinstance(sent, tuple) and name in cases else ():
            if requested_role(exchange, cases[name]) == role:
                yield exchange


def _is_sent(case: Case, target: Target) -> bool:
    return skip_reason(case, target) is None


def _asks_for(case: Case, ability: str) -> bool:
    body = case.asks[0].body
    return isinstance(body, dict) and ABILITY_REQUESTS[ability](body)
