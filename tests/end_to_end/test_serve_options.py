"""The options of `wireproof serve` for the author of a client, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from wireproof.session.mock_process import start_server

KEY = {"Authorization": "Bearer sk-mock-standard"}
CHAT = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Count from 1 to 3"}]}


def test_one_profile_is_at_the_path_that_is_given() -> None:
    with start_server("--at", "/v1", "--provider", "openai", "--control") as profiles:
        base = profiles()["openai"]["base_url"]
        assert base.endswith("/v1")
        assert "/openai/" not in base
        assert httpx.post(f"{base}/chat/completions", json=CHAT, headers=KEY).status_code == 200
        assert httpx.get(f"{base.removesuffix('/v1')}/_wireproof/control").status_code == 200


def test_a_fault_and_a_script_of_the_command_line_are_committed_and_played(tmp_path: Path) -> None:
    script = tmp_path / "agent.yaml"
    script.write_text("- answer: {text: Hello}\n", encoding="utf-8")
    options = ["--at", "/v1", "--provider", "openai", "--fault", "chat-usage-missing; times=1", "--script", str(script)]
    with start_server(*options) as profiles:
        url = f"{profiles()['openai']['base_url']}/chat/completions"
        first, second = (httpx.post(url, json=CHAT, headers=KEY).json() for _ in range(2))
    texts = [answer["choices"][0]["message"]["content"] for answer in (first, second)]
    assert (texts, "usage" in first, "usage" in second) == (["Hello", "1, 2, 3"], False, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "done-mising"], "there is no such fault; did you mean done-missing"),
        (["--fault", "done-missing; times=0"], "times (a number from 1)"),
        (["--at", "/v1"], "name that one with --provider NAME"),
        (["--at", "v1", "--provider", "openai"], "give one such as /v1"),
        (["--script", "none.yaml"], "none.yaml: it cannot be read"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_exit_code_2(options: list[str], words: str) -> None:
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
