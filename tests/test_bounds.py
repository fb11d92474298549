"""Every bound that OpenAI's description names is asked one step beyond, and so is every bound of another document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from wireproof import config
from wireproof.case import Ask
from wireproof.docket import is_selector

PROVIDERS = config.load_providers()
CASES = config.load_cases()
CHECKS = ("errors.refused", "errors.each-refused", "errors.refused-somehow", "errors.refused-if-at-all")
# A server that passes these over draws a picture for each; and a form holds no empty list.
NOT_ASKED = {
    ("images", name)
    for name in (
        "quality",
        "output_format",
        "output_compression",
        "partial_images",
        "moderation",
        "background",
        "style",
    )
} | {("transcriptions", name) for name in ("languages", "known_speaker_names", "known_speaker_references")}
# Documents that name no range for these; what they take is OpenAI's.
NO_RANGE = {("aion", "temperature"), *(("io-intelligence", name) for name in ("temperature", "n", "messages"))}
NO_RANGE |= {("io-intelligence", "max_completion_tokens"), ("io-intelligence", "input"), ("aion", "input")}
NO_RANGE |= {("aion", "messages"), ("iio", "input")}


def beyond(field: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each bound of a field, and what is one step beyond it: a value, a number of items, or any other word."""
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


def asked(ask: Ask) -> Mapping[str, Any]:
    if ask.raw is not None:
        try:
            body = json.loads(ask.raw)
        except (ValueError, RecursionError):
            return {}
    else:
        body = ask.form or ask.body
    return body if isinstance(body, dict) else {}


def asks_of(provider: str) -> list[Ask]:
    """The requests of every case that a document's own clauses judge by whether it is refused."""
    clauses = config.load_clauses(PROVIDERS[provider].schemas)
    judged = [judgement for clause in clauses for judgement in clause.judged if judgement.check in CHECKS]
    names = {name for judgement in judged for name in judgement.case.values() if not is_selector(name)}
    return [ask for name in sorted(names) for ask in CASES[name].asks]


BOUNDS = [
    pytest.param(provider, endpoint, name, word, wanted, id=f"{provider}-{endpoint}-{name}-{word}")
    for provider, entry in PROVIDERS.items()
    for endpoint, rules in entry.data["requests"].items()
    for name, field in rules["fields"].items()
    for word, wanted in beyond(field)
    if field.get("documented", True) and (endpoint, name) not in NOT_ASKED and (provider, name) not in NO_RANGE
]


@pytest.mark.parametrize(("provider", "endpoint", "name", "word", "wanted"), BOUNDS)
def test_a_bound_is_asked_one_step_beyond(provider: str, endpoint: str, name: str, word: str, wanted: Any) -> None:
    field = PROVIDERS[provider].data["requests"][endpoint]["fields"][name]
    given = [body[name] for ask in asks_of(provider) if ask.endpoint == endpoint and name in (body := asked(ask))]
    assert any(is_beyond(value, word, wanted, field) for value in given), given
