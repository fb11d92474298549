"""Load runs as subprocesses: platforms without support are rejected."""

from __future__ import annotations

import select

import pytest

from wireproof.errors import ConfigError
from wireproof.load.experiments import load_process


def test_a_platform_without_poll_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll")

    with pytest.raises(ConfigError, match=r"select\.poll; run it on Linux or macOS"):
        load_process.locust_command()
