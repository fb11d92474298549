"""State machines under pytest against a live endpoint: the smallest sequence is reported and can be replayed."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.mock.server import Server, serve_in_thread

CASE = "generated:chat:stateful:tools"


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    with serve_in_thread({"aion": loading.read_providers_data()["aion"]}, control=True) as server:
        yield server


def run(fresh: Any, server: Server, folder: Path, *options: str) -> dict[str, Any]:
    """Runs the command, which must exit with 1; returns the report."""
    env = {**os.environ, "PROBE_KEY": server.key("aion")}
    done = fresh("wireproof", "check", *options, f"--report-dir={folder}", "--profile=all", env=env)
    assert done.returncode == 1, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def test_a_broken_conversation_is_reported_and_replayed(fresh: Any, server: Server, tmp_path: Path) -> None:
    asked = ["--provider=aion", "--endpoint", server.base_url("aion"), "--key-env=PROBE_KEY"]
    asked += ["--header", "X-Wireproof-Fault: tool-role-refused"]
    first = run(fresh, server, tmp_path / "first", *asked, "--examples=12", "--shrink", "-k", CASE.rpartition(":")[2])
    (told,) = [verdict for verdict in first["verdicts"] if verdict["case"] == CASE]
    assert told["outcome"] == "fail"
    assert "the smallest of" in told["message"]
    words = shlex.split(told["replay"])
    assert words[:2] == ["wireproof", "check"]
    again = run(fresh, server, tmp_path / "again", *words[2:])
    assert [(verdict["case"], verdict["outcome"]) for verdict in again["verdicts"]] == [(CASE, "fail")]
    # Two smoke cases, and the two requests of the smallest sequence.
    assert again["requests"] <= 6
