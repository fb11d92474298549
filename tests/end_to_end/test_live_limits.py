"""A rate limit is judged live with a key of its tier alone, without the controls of the mock."""

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
    """Runs checks of one case with the key of a tier; returns check → outcome."""

    def run(server: Server, provider: str, tier: str, *checks: str, case: str = "burst") -> dict[str, str]:
        words = [
            *("--provider", provider, "--endpoint", server.base_url(provider), "--profile", "all"),
            *("--key-env", "ANY_KEY", "--key", f"{tier}=TIER_KEY", f"--report-dir={tmp_path}"),
            *("-o", f"cache_dir={tmp_path / 'cache'}", "-k", f"limits-{tier}-{case} and ({' or '.join(checks)})"),
        ]
        keys = {"ANY_KEY": server.key(provider), "TIER_KEY": server.key(provider, tier)}
        fresh("pytest", "-q", *words, env={**os.environ, **keys})
        verdicts = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["verdicts"]
        own = [verdict for verdict in verdicts if verdict["provider"] == provider]
        return {verdict["check"]: verdict["outcome"] for verdict in own if verdict["case"].endswith(f"-{case}")}

    return run


@pytest.mark.parametrize(("provider", "tier"), TIERS)
def test_a_correct_limit_passes_with_a_key_of_its_tier(outcomes, provider, tier):
    with serve_in_thread(loading.read_providers_data()) as server:
        found = outcomes(server, provider, tier, "exactly", "remaining_is_kept")
    assert found == {"limits.exactly-the-limit-is-admitted": "pass", "limits.remaining-is-kept": "pass"}


@pytest.mark.parametrize(("provider", "tier"), TIERS)
def test_a_limit_that_admits_one_request_more_fails_with_a_key_of_its_tier(outcomes, provider, tier):
    with serve_in_thread(loading.read_providers_data(), control=True) as server:
        inject(server, "limit-one-more")
        found = outcomes(server, provider, tier, "exactly", "remaining_is_kept")
    assert found == {"limits.exactly-the-limit-is-admitted": "fail", "limits.remaining-is-kept": "fail"}


@pytest.mark.parametrize(
    ("fault", "case", "outcome"),
    [
        pytest.param("limit-only-on-list", "burst", "pass", id="the list alone is limited, seen on the list"),
        pytest.param("limit-only-on-list", "chats", "fail", id="the list alone is limited, seen on chats"),
        pytest.param("limit-only-on-chats", "chats", "pass", id="chats alone are limited, seen on chats"),
        pytest.param("limit-only-on-chats", "burst", "fail", id="chats alone are limited, seen on the list"),
        pytest.param("counter-per-endpoint", "mixed", "fail", id="each endpoint has a counter of its own"),
        pytest.param("streams-counted-apart", "mixed", "fail", id="streams have a counter of their own"),
    ],
)
def test_the_limit_is_met_on_each_endpoint_and_on_all_together(outcomes, fault, case, outcome):
    with serve_in_thread(loading.read_providers_data(), control=True) as server:
        inject(server, fault)
        found = outcomes(server, "aiorouter", "unverified", "exactly", case=case)
    assert found == {"limits.exactly-the-limit-is-admitted": outcome}


def inject(server: Server, fault: str) -> None:
    """Injects a fault into every answer of the server."""
    body = json.dumps({"fault": fault}).encode()
    request = urllib.request.Request(f"{server.root_url()}/_wireproof/control", body, method="POST")
    urllib.request.urlopen(request).close()
