"""A limit probe in real time against a cell with a known limiter and headers that announce another limit."""

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

pytestmark = pytest.mark.slow

KEY, OTHER = "iio-dev-mock-pro", "iio-dev-mock-free"


def test_a_token_bucket_shared_by_keys_is_found_in_real_time(serve: Any) -> None:
    """All keys share a bucket with a burst of six that refills six requests a second; the headers are wrong."""
    with serve("limited", "iio") as cell:
        request = urllib.request.Request(f"{cell.url}/models", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            model = json.loads(answer.read())["data"][0]["id"]
        words = ("--provider", "iio", "--endpoint", cell.url, "--model", model, "--connections", "1", "--json")
        keys = ("--key-env", "ONE_KEY", "--other-key-env", "OTHER_KEY", "--max-requests", "60")
        ended = subprocess.run(
            [sys.executable, "-m", "wireproof", "limits", *words, *keys],
            env={**os.environ, "ONE_KEY": KEY, "OTHER_KEY": OTHER}, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    found = json.loads(ended.stdout)
    best, findings = found["explanations"][0], {finding["what"]: finding for finding in found["shown"]}
    assert (best["model"], best["limit"]) == ("token bucket", 6)
    assert best["low_s"] <= 1.05
    assert best["high_s"] >= 0.95
    assert found["resolved"]
    assert found["requests"] <= 60
    assert findings["limit is shared by keys"]["found"] == "another key was refused as well"
    assert findings["X-RateLimit-Limit"]["holds"] is False
    assert ended.returncode == 1


@pytest.mark.parametrize("fault", ["limit-one-more", "limit-one-less"])
def test_a_limit_off_by_one_is_found_with_concurrent_requests(capsys: pytest.CaptureFixture[str], fault: str) -> None:
    assert main.main(["limits", "--provider", "iio", "--json", "--connections", "8", "--fault", fault]) == 1

    found = json.loads(capsys.readouterr().out)
    wrong = 11 if fault == "limit-one-more" else 9
    assert found["explanations"][0]["limit"] == wrong
    assert {"limit", "X-RateLimit-Limit"} <= {one["what"] for one in found["shown"] if one["holds"] is False}


def test_an_impossible_announced_limit_is_ignored() -> None:
    """Trying every limit up to that of the header would never end."""
    seen = [Observation(at / 10, admitted=at % 60 < 10) for at in range(300)]

    assert fit_models(seen, {10**12}) == fit_models(seen)
