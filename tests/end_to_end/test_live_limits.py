"""A limit is shown at an endpoint as at any other: with a key of the tier, and no means of the bundled server."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.mock.server import Server, serve_in_thread

Outcomes = Callable[..., dict[str, str]]
TIERS = [pytest.param("iio", "free", id="iio-free"), pytest.param("aiorouter", "unverified", id="aiorouter-unverified")]


@pytest.fixture(name="outcomes")
def _outcomes(fresh: Any, tmp_path: Path) -> Outcomes:
    """Check → outcome of what a run says of one case, asked with a key of a tier."""

    def run(server: Server, provider: str, tier: str, *checks: str) -> dict[str, str]:
        words = [
            *("--provider", provider, "--endpoint", server.base_url(provider), "--profile", "all"),
            *("--key-env", "ANY_KEY", "--key", f"{tier}=TIER_KEY", f"--report-dir={tmp_path}"),
            *("-o", f"cache_dir={tmp_path / 'cache'}", "-k", f"{tier}-burst and ({' or '.join(checks)})"),
        ]
        keys = {"ANY_KEY": server.key(provider), "TIER_KEY": server.key(provider, tier)}
        fresh("pytest", "-q", *words, env={**os.environ, **keys})
        verdicts = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["verdicts"]
        told = [verdict for verdict in verdicts if verdict["provider"] == provider]
        return {verdict["check"]: verdict["outcome"] for verdict in told if verdict["case"].endswith("-burst")}

    return run


@pytest.mark.parametrize(("provider", "tier"), TIERS)
def test_exactly_the_limit_is_seen_with_a_key_of_the_tier_alone(outcomes, provider, tier):
    with serve_in_thread(loading.read_providers_data()) as server:
        told = outcomes(server, provider, tier, "exactly", "remaining_is_kept")
    assert told == {"limits.exactly-the-limit-is-admitted": "pass", "limits.remaining-is-kept": "pass"}


@pytest.mark.parametrize(("provider", "tier"), TIERS)
def test_one_request_more_than_the_limit_is_seen_with_a_key_of_the_tier_alone(outcomes, provider, tier):
    with serve_in_thread(loading.read_providers_data(), control=True) as server:
        asked = urllib.request.Request(
            f"{server.root_url()}/_wireproof/control", json.dumps({"fault": "limit-one-more"}).encode(), method="POST"
        )
        urllib.request.urlopen(asked).close()
        told = outcomes(server, provider, tier, "exactly", "remaining_is_kept")
    assert told == {"limits.exactly-the-limit-is-admitted": "fail", "limits.remaining-is-kept": "fail"}
