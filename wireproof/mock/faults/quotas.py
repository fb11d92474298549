"""Faults of allowances: the tokens of a day, the context of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from wireproof.mock.faults import contract_changes
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import taking, with_header
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.model_entry import Model

USED_UP = re.compile(r"-(exhausted|spent)(?=\.|$)")
REFUSED = {"error": {"message": "The requests of this day are used up.", "type": "insufficient_quota"}}


def as_exhausted(value: str) -> str:
    """Any key as one of an account that has used up its tokens."""
    key, dot, rest = value.partition(".")
    return value if USED_UP.search(key) else f"{key}-exhausted{dot}{rest}"


def first_open(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return (replace(models[0], tokens_per_day={}), *models[1:])


def without_contexts(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, context=None) for model in models)


def without_list(answer: Answer, received: HttpRequest) -> Answer:
    """An exhausted account is refused whatever it asks for."""
    used_up = USED_UP.search(received.header("authorization") or "") is not None
    return PlainAnswer(429, REFUSED) if used_up and received.method == "GET" else answer


def a_day_later(value: str) -> str:
    return "90000" if float(value) >= 60 else value


LAPSES: Mapping[str, Lapse] = {
    "day-for-ever": contract_changes.rate(days_end=False),
    "day-of-a-minute": with_header("x-wireproof-clock", a_day_later),
    "one-allowance-open": contract_changes.catalogue(first_open),
    "allowance-of-all-models": with_header("authorization", lambda value: value.replace("-spent", "-exhausted")),
    "allowance-of-all-accounts": with_header("authorization", as_exhausted),
    "allowance-of-requests": Lapse(say=without_list),
    "context-ignored": contract_changes.catalogue(without_contexts),
    "context-exceeded-as-500": contract_changes.row("context-exceeded", status=500),
    "missing-key-as-403": contract_changes.row("missing-key", status=403),
    "reasoning-content-refused": contract_changes.without_field("reasoning_content"),
    "empty-text-alone-accepted": taking("input", lambda value: value == "", " "),
}
