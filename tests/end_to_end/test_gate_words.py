"""The words of tests/gate.json are the exit codes of live runs with one key and no other option."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.mock.server import Server, serve_in_thread

pytestmark = pytest.mark.slow

RECORDED = json.loads((Path(__file__).parents[1] / "gate.json").read_text(encoding="utf-8"))
PROVIDER = "iotex"  # the contract with the fewest clauses


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    with serve_in_thread(loading.read_providers_data(), control=True) as server:
        yield server


def exit_code(fresh: Any, server: Server, reports: Path, profile: str) -> int:
    command = ["check", "-q", "-p", "no:cacheprovider", f"--report-dir={reports}", "--profile", profile]
    command += ["--provider", PROVIDER, "--endpoint", server.base_url(PROVIDER), "--key-env", "ANY_KEY"]
    code: int = fresh("wireproof", *command, env={**os.environ, "ANY_KEY": server.key(PROVIDER)}).returncode
    return code


def test_a_fault_gates_from_the_recorded_profile_on(fresh: Any, server: Server, tmp_path: Path) -> None:
    fault = min(fault for fault, words in RECORDED.items() if words.get(PROVIDER) == "full")
    body = json.dumps({"fault": fault}).encode()
    urllib.request.urlopen(
        urllib.request.Request(f"{server.root_url()}/_wireproof/control", body, method="POST")
    ).close()
    assert exit_code(fresh, server, tmp_path, "core") == 0
    assert exit_code(fresh, server, tmp_path, "full") == 1
