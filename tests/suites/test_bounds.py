"""Every bound of OpenAI's description, and of each other document, has a request one step beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.case import RequestSpec
from wireproof.judging.verdict_plan import is_selector

PROVIDERS = loading.load_providers()
CASES = loading.load_cases()
COUNTS = "limits.exactly-the-limit-is-admitted"
CHECKS = ("errors.refused", "errors.each-refused", "errors.refused-somehow", "errors.refused-if-at-all")
# A form cannot contain an empty list.
NOT_TESTED = {("transcriptions", "languages")}
# Documents without a range for these members; their range is OpenAI's.
NO_RANGE = {("aion", "temperature"), *(("io-intelligence", name) for name in ("temperature", "n", "messages"))}
NO_RANGE |= {("io-intelligence", "max_completion_tokens"), ("io-intelligence", "input"), ("aion", "input")}
NO_RANGE |= {("aion", "messages"), ("iio", "input")}


def beyond(field: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields each bound of a field, and the value one step beyond: a number, a number of items, or None for an enum."""
    step = 0.1 if "number" in field["type"] else 1
    for word, away in (("minimum", -step), ("maximum", step)):
        if word in field:
            yield word, round(field[word] + away, 1)
    for word, away in (("min_items", -1), ("max_items", 1)):
        if word in field:
            yield word, field[word] + away
    if "enum" in field:
        yield "enum", None


def is_beyond(value: Any, word: str, wanted: Any, field: Mapping[str, Any]) -> bool:
    if word == "enum":
        return isinstance(value, str) and value not in field["enum"]
    if word.endswith("items"):
        return isinstance(value, list | str) and len(value) == wanted
    with_number = isinstance(value, str) and field["type"] == "number"
    return bool((float(value) if with_number else value) == wanted) and not isinstance(value, bool)


def request_members(ask: RequestSpec) -> Mapping[str, Any]:
    if ask.raw is not None:
        try:
            body = json.loads(ask.raw)
        except (ValueError, RecursionError):
            return {}
    else:
        body = ask.form or ask.body
    # The name of a list in a form has brackets.
    return {name.removesuffix("[]"): value for name, value in body.items()} if isinstance(body, dict) else {}


def asks_of(provider: str) -> list[RequestSpec]:
    """The requests of every case whose refusal a document's own clauses judge."""
    clauses = loading.load_clauses(PROVIDERS[provider].schemas)
    judged = [judgement for clause in clauses for judgement in clause.judged if judgement.check in CHECKS]
    names = {name for judgement in judged for name in judgement.case.values() if not is_selector(name)}
    return [ask for name in sorted(names) for ask in CASES[name].asks]


BOUNDS = [
    pytest.param(provider, endpoint, name, word, wanted, id=f"{provider}-{endpoint}-{name}-{word}")
    for provider, entry in PROVIDERS.items()
    for endpoint, rules in entry.requests.items()
    for name, field in rules.fields.items()
    for word, wanted in beyond(field)
    if field.get("documented", True) and (endpoint, name) not in NOT_TESTED and (provider, name) not in NO_RANGE
]


@pytest.mark.parametrize(("provider", "endpoint", "name", "word", "wanted"), BOUNDS)
def test_a_bound_is_asked_one_step_beyond(provider: str, endpoint: str, name: str, word: str, wanted: Any) -> None:
    field = PROVIDERS[provider].requests[endpoint].fields[name]
    values = [
        body[name] for ask in asks_of(provider) if ask.endpoint == endpoint and name in (body := request_members(ask))
    ]
    assert any(is_beyond(each_value, word, wanted, field) for each_value in values), values


LIMITS = [
    pytest.param(provider, tier, row.per_minute, id=f"{provider}-{tier}")
    for provider, entry in PROVIDERS.items()
    for tier, row in entry.rate.tiers.items()
    # OpenAI's page gives no figure: its tiers are those of the bundled server only.
    if row.per_minute is not None and provider != loading.BASELINE_PROVIDER
]


@pytest.mark.parametrize(("provider", "tier", "limit"), LIMITS)
def test_a_limit_is_asked_one_request_beyond(provider: str, tier: str, limit: int) -> None:
    judged = [judgement for clause in loading.load_clauses(PROVIDERS[provider].schemas) for judgement in clause.judged]
    cases = [CASES[name] for judgement in judged if judgement.check == COUNTS for name in judgement.case.values()]
    counts = [case.request_count for case in cases if {ask.key for ask in case.asks} == {tier}]
    assert min(counts) == limit + 1
