"""The web UI of a load run is offered to this machine alone, unless its owner names another address."""

from __future__ import annotations

import os

import pytest

from wireproof.cli import load


@pytest.mark.parametrize(
    ("words", "address"),
    [(["--web"], ["--web-host", "127.0.0.1"]), (["--web", "--web-host", "::"], ["--web-host", "::"])],
)
def test_web_ui_is_on_loopback(monkeypatch: pytest.MonkeyPatch, words: list[str], address: list[str]) -> None:
    """Locust is started with the address of loopback, or with the one that the arguments name."""
    started: list[list[str]] = []
    monkeypatch.delenv("LOCUST_WEB_HOST", raising=False)
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    load.run(words)
    assert started[0][-2:] == address
