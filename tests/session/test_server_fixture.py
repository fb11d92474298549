"""The fixture `wireproof_server` in the project of a client's author."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CLIENT_TESTS = """
import httpx, openai, pytest

def make_client(server, **options):
    return openai.OpenAI(base_url=server.base_url, api_key=server.key, **options)

def ask(client):
    return client.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": "Count to 2"}])

def test_a_retry_succeeds(wireproof_server):
    wireproof_server.fault("answer-500", times=1)
    client = make_client(wireproof_server, max_retries=1)
    assert ask(client).choices[0].message.content
    first, second = wireproof_server.requests()
    assert (first["status"], first["faults"], second["status"]) == (500, ["answer-500"], 200)
    assert second["headers"]["x-stainless-retry-count"] == "1"
    assert second["valid"]

def test_each_test_finds_the_server_as_at_the_start(wireproof_server):
    assert wireproof_server.requests() == []
    assert ask(make_client(wireproof_server, max_retries=0)).choices[0].message.content

def test_a_script_is_played(wireproof_server):
    wireproof_server.script([{"answer": {"text": "Scripted."}}])
    assert ask(make_client(wireproof_server)).choices[0].message.content == "Scripted."

def test_a_fault_ends(wireproof_server):
    wireproof_server.fault("answer-500")
    wireproof_server.fault()
    assert ask(make_client(wireproof_server, max_retries=0)).usage

def test_an_unknown_fault_is_an_error(wireproof_server):
    with pytest.raises(ValueError, match="did you mean answer-500"):
        wireproof_server.fault("answer-50")

@pytest.mark.parametrize("wireproof_server", ["iio"], indirect=True)
def test_another_provider_is_a_parameter(wireproof_server):
    key = {"Authorization": f"Bearer {wireproof_server.key}"}
    assert httpx.get(f"{wireproof_server.base_url}/health", headers=key).json()["status"] == "ok"
"""
IMPORTED = "from wireproof.session.pytest_plugin.server_fixture import wireproof_server as wireproof_server\n"


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("options", [("-p", "wireproof.plugin"), ("-p", "wireproof.plugin", "-n", "2"), ()])
def test_the_tests_of_a_client_pass(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_client.py").write_text(CLIENT_TESTS, encoding="utf-8")
    if not options:
        (tmp_path / "conftest.py").write_text(IMPORTED, encoding="utf-8")
    done = run(tmp_path, *options)
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_a_run_that_does_not_ask_for_it_starts_no_server(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text("def test_none(): pass\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        IMPORTED
        + "from wireproof.session.pytest_plugin import server_fixture\n"
        + "def refuse(*options): raise AssertionError('started')\n"
        + "server_fixture.start_server = refuse\n",
        encoding="utf-8",
    )
    assert "1 passed" in run(tmp_path).stdout
