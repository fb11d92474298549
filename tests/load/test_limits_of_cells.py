"""The probe of a limit against a cell by the real clock, whose limiter is known and whose headers tell another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.load.experiments.limits.limiter_models import Observation
from wireproof.load.experiments.limits.model_fit import fit_models

KEY, OTHER = "iio-dev-mock-pro", "iio-dev-mock-free"


def test_a_bucket_is_found_by_the_clock_and_that_its_keys_share_it(serve: Any) -> None:
    """Six a second and six saved up, for all keys together; its headers tell a limit that is not kept."""
    with serve("limited", "iio") as cell:
        asked = urllib.request.Request(f"{cell.url}/models", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            model = json.loads(answer.read())["data"][0]["id"]
        words = ("--provider", "iio", "--endpoint", cell.url, "--model", model, "--connections", "1", "--json")
        keys = ("--key-env", "ONE_KEY", "--other-key-env", "OTHER_KEY", "--max-requests", "60")
        ended = subprocess.run(
            [sys.executable, "-m", "wireproof", "limits", *words, *keys],
            env={**os.environ, "ONE_KEY": KEY, "OTHER_KEY": OTHER}, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    found = json.loads(ended.stdout)
    best, told = found["explanations"][0], {one["what"]: one for one in found["shown"]}
    assert (best["model"], best["limit"]) == ("token bucket", 6)
    assert best["low_s"] <= 1.05
    assert best["high_s"] >= 0.95
    assert found["resolved"]
    assert found["requests"] <= 60
    assert told["each key by itself"]["found"] == "another key was refused as well"
    assert told["X-RateLimit-Limit"]["holds"] is False
    assert ended.returncode == 1


@pytest.mark.parametrize("fault", ["limit-one-more", "limit-one-less"])
def test_a_limit_that_is_off_by_one_is_seen_with_many_asking_at_once(
    capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    assert main.main(["limits", "--provider", "iio", "--json", "--connections", "8", "--fault", fault]) == 1

    found = json.loads(capsys.readouterr().out)
    wrong = 11 if fault == "limit-one-more" else 9
    assert found["explanations"][0]["limit"] == wrong
    assert {"limit", "X-RateLimit-Limit"} <= {one["what"] for one in found["shown"] if one["holds"] is False}


def test_a_limit_that_is_told_and_cannot_be_costs_nothing() -> None:
    """As many limits as a header tells would take for ever to try."""
    seen = [Observation(at / 10, admitted=at % 60 < 10) for at in range(300)]

    assert fit_models(seen, {10**12}) == fit_models(seen)
