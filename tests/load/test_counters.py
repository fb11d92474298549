"""Serialisation of counters, between processes and into summaries."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from wireproof.load.conformance import conformance_share
from wireproof.load.conformance.conformance_share import BrokenPlaces, JudgementKey, judgements_from_rows
from wireproof.load.results.counters import STARTS_DUE, CounterKey, counters_from_rows, counters_to_rows

SLASHED = "chat/basic"
BROKEN = (BrokenPlaces("cut", ()), BrokenPlaces("schema.chunks", ("/choices/0/delta", "/id")))


def test_counters_survive_the_report_of_a_worker() -> None:
    counts = Counter({STARTS_DUE: 7, CounterKey("window", SLASHED, "in-stream error"): 2, CounterKey("good", ""): 0})
    assert counters_from_rows(json.loads(json.dumps(counters_to_rows(counts)))) == counts


def test_judgements_survive_the_report_of_a_worker() -> None:
    counts = Counter({JudgementKey(SLASHED, 8, ()): 3, JudgementKey(SLASHED, 8, BROKEN): 1})
    assert judgements_from_rows(json.loads(json.dumps(conformance_share.judgements_to_rows(counts)))) == counts


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param(CounterKey("window", SLASHED, "ok"), "window/chat/basic/ok", id="a-name-with-a-slash"),
        pytest.param(CounterKey("tokens"), "tokens", id="no-name"),
    ],
)
def test_a_key_is_parsed_from_its_text(key: CounterKey, text: str) -> None:
    assert (key.as_text(), CounterKey.from_text(text)) == (text, key)
