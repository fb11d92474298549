"""The progress line of a load run is shown on a terminal only."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def on_a_terminal(*words: str) -> str:
    """The stderr of a load run on a pseudo-terminal, without escape sequences."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wireproof", "load", *words]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "140"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # raised by a pseudo-terminal after its last writer has closed it
        return b""


def test_a_run_with_an_end_shows_the_time_left() -> None:
    shown = on_a_terminal("models", "-u", "2", "-t", "3s", "--latency", "instant")

    assert re.search(r"left \S+ 2 users, \d+ requests, 0 not ok", shown)


def test_without_a_terminal_no_progress_is_shown(load: Any) -> None:
    ended = load("models", "-u", "2", "-t", "2s", "--latency", "instant")

    assert "requests, 0 not ok" not in ended.errors
