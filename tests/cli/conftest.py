"""Runs commands in processes of their own, as users do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Wireproof = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="wireproof")
def _wireproof(tmp_path: Path) -> Wireproof:
    """Runs a command in an empty folder; keywords are variables of its environment."""

    def wireproof(*words: str, cwd: Path = tmp_path, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "WIREPROOF_"))}
        environment = {**own, "OPENAI_API_KEY": "sk-mock-standard", "COLUMNS": "400", **variables}
        command = [sys.executable, "-m", "wireproof", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300)

    return wireproof
