"""Locust's web UI: its form has options of ours, and our page has the figures that its charts cannot have."""

from __future__ import annotations

import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from wireproof.load.experiments.load_process import LOCUSTFILE

pytestmark = pytest.mark.slow

GIVEN_UP_S = 60.0


@pytest.fixture(name="ui")
def _ui(warm_locust: Any, ready: Any, environment: dict[str, str], port: str) -> Iterator[str]:
    """The address of the web UI of a run of streams against a local cell."""
    target = ["--host", ready("openai").url, "--own-cells"]
    words = ["locust", "-f", str(LOCUSTFILE), "Stream", "--web-host", "127.0.0.1", "--web-port", port, *target]
    with warm_locust.start(words, environment) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def fetched(url: str, form: dict[str, str] | None = None) -> str:
    """The text at an address, as soon as the UI answers."""
    data = urllib.parse.urlencode(form).encode() if form else None
    until = time.monotonic() + GIVEN_UP_S
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=GIVEN_UP_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > until:
                raise


def seen(url: str, pattern: str) -> str:
    """The text at an address once it has a pattern."""
    until, text = time.monotonic() + GIVEN_UP_S, ""
    while time.monotonic() < until and not re.search(pattern, text):
        with suppress(OSError):
            text = fetched(url)
    assert re.search(pattern, text), text[:2000]
    return text


def test_the_form_has_our_options_and_starts_a_run_by_them(ui: str) -> None:
    form = fetched(ui)
    for name in ("rate", "arrivals", "warm_up", "seed"):
        assert f'"{name}"' in form or f"&#34;{name}&#34;" in form
    assert "no request ended" in fetched(f"{ui}/wireproof")
    answers = {"user_count": "8", "spawn_rate": "100", "run_time": "60s", "rate": "40"}
    answers |= {"arrivals": "constant", "seed": "7"}
    assert '"success":true' in fetched(f"{ui}/swarm", answers).replace(" ", "")
    page = seen(f"{ui}/wireproof", r'"metric":"TTFT ms"')
    assert "Open loop, constant: 40 starts/s" in page
    assert "seed 7" in page
    assert '<meta http-equiv="refresh"' in page


def test_a_form_that_makes_no_run_leaves_that_of_the_command_line(ui: str) -> None:
    fetched(ui)
    fetched(f"{ui}/swarm", {"user_count": "2", "spawn_rate": "100", "rate": "fast"})
    assert "Closed loop" in seen(f"{ui}/wireproof", r'"metric":"TTFT ms"')
