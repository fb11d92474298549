"""A master's settings reach its workers unchanged through locust's messages."""

from __future__ import annotations

import math
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import msgpack
import pytest

from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.scenario.load_shape import CLOSED_LOOP, OPEN_LOOP, TRACE_REPLAY, LoadShape
from wireproof.load.scenario.spending_limits import Ceilings
from wireproof.load.scenario.stages import Stage

SETTINGS = RunSettings(
    provider="iio",
    hosts=("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"),
    local=True,
    ceilings=Ceilings(requests=7, dollars=0.5),
    course=LoadShape(),
    lead_s=0.25,
    digests={"chat": "ab12"},
    objectives={"TTFT ms": 300.0},
    thresholds=("ttft_p95 < 300ms",),
    error_bar={"ITL ms": {"p50": 0.01}},
    workers=("one", "two"),
)
STAGES = (Stage(30.0, 2.0, 20.0), Stage(math.inf, 5.0, 5.0))


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(LoadShape(kind=CLOSED_LOOP, users=8), id="closed"),
        pytest.param(LoadShape(kind=OPEN_LOOP, stages=STAGES, warm_up_s=2.0), id="open"),
        pytest.param(
            LoadShape(kind=TRACE_REPLAY, trace=Path("load/traces/example.jsonl"), speed=2.0, total_s=9.0), id="trace"
        ),
    ],
)
def test_settings_survive_the_options_of_a_worker(course: LoadShape) -> None:
    settings, options = replace(SETTINGS, course=course), Namespace()
    settings.write_to(options)

    received = Namespace(**msgpack.unpackb(msgpack.packb(vars(options)), strict_map_key=False))

    assert RunSettings.read_from(received) == settings


def test_one_option_holds_all_settings() -> None:
    options = Namespace(seed=1)

    SETTINGS.write_to(options)

    assert len(vars(options)) == 2
