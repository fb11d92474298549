"""Faults of quotas: the tokens of a day, the context of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults import contract_changes
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import accept_as, on_header
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.model_entry import Model

USED_UP_KEY = re.compile(r"-(exhausted|spent)(-second)?(?=\.|$)")
DAY_USED_UP_ERROR = {"error": {"message": "The requests of this day are used up.", "type": "insufficient_quota"}}


def exhaust_key(value: str) -> str:
    """Turns any key into one of an account that has used up its tokens."""
    key, dot, rest = value.partition(".")
    return value if USED_UP_KEY.search(key) else f"{key}-exhausted{dot}{rest}"


def without_first_allowance(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return (replace(models[0], tokens_per_day={}), *models[1:])


def without_contexts(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, context=None) for model in models)


def refuse_model_list(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses every GET of an exhausted account."""
    is_used_up = USED_UP_KEY.search(received.header("authorization") or "") is not None
    return PlainAnswer(429, DAY_USED_UP_ERROR) if is_used_up and received.method == "GET" else answer


def skip_a_day(value: str) -> str:
    return "90000" if float(value) >= 60 else value


HOOKS: Mapping[str, FaultHooks] = {
    "day-for-ever": contract_changes.change_rate(days_end=False),
    "day-of-a-minute": on_header("x-wireproof-clock", skip_a_day),
    "one-allowance-open": contract_changes.on_catalogue(without_first_allowance),
    "allowance-of-all-models": on_header("authorization", lambda value: value.replace("-spent", "-exhausted")),
    "allowance-of-all-accounts": on_header("authorization", exhaust_key),
    "allowance-per-key": on_header("authorization", lambda value: value.replace("-exhausted-second", "-second")),
    "allowance-of-requests": FaultHooks(on_answer=refuse_model_list),
    "context-ignored": contract_changes.on_catalogue(without_contexts),
    "context-exceeded-as-500": contract_changes.change_refusal("context-exceeded", status=500),
    "missing-key-as-403": contract_changes.change_refusal("missing-key", status=403),
    "reasoning-content-refused": contract_changes.without_field("reasoning_content"),
    "empty-text-alone-accepted": accept_as("input", lambda value: value == "", " "),
}
