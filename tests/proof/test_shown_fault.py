"""`wireproof faults`: the bytes of one fault, with and without it, and the ways to commit one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wireproof.mock.faults import faults


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wireproof", "faults", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("fault", "removed", "added"),
    [
        ("answer-500", "HTTP/1.1 200 OK\\r", "HTTP/1.1 500 Internal Server Error\\r"),
        ("done-missing", "data: [DONE]", None),
        ("stream-reset", None, "(the connection is reset)"),
        ("no-answer", "HTTP/1.1 200 OK\\r", "(nothing more for 1 s, and the connection stays open)"),
        ("sse-crlf", "data: [DONE]", "data: [DONE]\\r"),
        ("at:chat.response/usage:drop", None, None),
        ("response-call-output-ignored", None, None),
    ],
)
def test_a_fault_is_shown_by_the_bytes_of_one_answer(fault: str, removed: str | None, added: str | None) -> None:
    done = run("--try", fault)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{fault}: ")
    signs = {sign: [line[2:] for line in lines if line.startswith(f"{sign} ")] for sign in "-+"}
    assert signs["-"] != signs["+"]
    assert removed is None or removed in signs["-"]
    assert added is None or added in signs["+"]
    assert any(f"X-Wireproof-Fault: {fault}" in line for line in lines)


def test_the_case_of_the_kill_matrix_is_asked(tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.json"
    matrix.write_text(json.dumps({"done-missing": {"iio": {"stream.done": ["chat-basic-stream-usage"]}}}))
    facts = json.loads(run("--try", "done-missing", "--json", "--matrix", str(matrix)).stdout)
    assert facts["provider"] == "iio"
    assert "[DONE]" in facts["answer"]
    assert "[DONE]" not in facts["faulty_answer"]


def test_a_legal_fault_is_one_that_a_client_must_survive() -> None:
    assert "legal: a client must survive it" in run("--try", "sse-comments").stdout


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("done-mising", "did you mean done-missing"),
        ("works-on-after-leaving", "wireproof explain works-on-after-leaving"),
    ],
)
def test_what_cannot_be_shown_is_exit_code_2_with_the_reason(fault: str, words: str) -> None:
    done = run("--try", fault)
    assert done.returncode == 2
    assert words in done.stderr


def test_the_list_says_how_to_commit_a_fault_and_which_are_legal() -> None:
    listed = run().stdout
    assert "wireproof serve --fault ID" in listed
    assert "X-Wireproof-Fault: ID; times=1; after=2" in listed
    legal = {fault["id"] for fault in json.loads(run("--legal", "--json").stdout)}
    assert legal == {name for name, fault in faults().items() if fault.harmless}
