"""Every block of docs/client-authors.md does what the page says, in the order of the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from wireproof.mock.faults import faults
from wireproof.report.docs.survival_page import survival_markdown
from wireproof.session.mock_process import start_server

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "client-authors.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = "wireproof serve "
PORT = ":8080"


def blocks() -> list[tuple[str, str]]:
    """The language and the text of each block of the page."""
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


class Reader:
    """Someone who follows the page: starts the servers, writes the files and runs the rest.

    Attributes:
        output: the output of the last block.
    """

    def __init__(self, folder: Path, servers: ExitStack) -> None:
        self.folder, self.servers = folder, servers
        self.port = self.output = ""

    def read(self, language: str, text: str) -> None:
        name = re.match(r"# (\S+\.(?:py|yaml))\n", text)
        if language == "text":
            self._compare(text)
        elif name is not None:
            (self.folder / name[1]).write_text(text, encoding="utf-8")
            self.output = self._run("-m", "pytest", "-p", "wireproof.plugin", name[1]) if language == "python" else ""
        elif text.startswith(SERVE):
            self._serve(text)
        else:
            text = text.replace(PORT, self.port)
            self.output = self._run("-c", text) if language == "python" else self._shell(text)

    def _serve(self, text: str) -> None:
        self.servers.close()
        words = shlex.split(text.removeprefix(SERVE).replace("--port 8080", ""))
        options = [str(self.folder / word) if word.endswith(".yaml") else word for word in words]
        profiles = self.servers.enter_context(start_server(*options))()
        self.port = f":{urlsplit(profiles['openai']['base_url']).port}"
        printed = [f"{name:<16} {profile['base_url']}  key {profile['key']}" for name, profile in profiles.items()]
        self.output = "\n".join(printed).replace(self.port, PORT)

    def _compare(self, text: str) -> None:
        assert [line for line in text.splitlines() if line.strip() not in self.output] == [], self.output

    def _run(self, *words: str) -> str:
        return self._finish([sys.executable, *words])

    def _shell(self, text: str) -> str:
        python = f'python3() {{ "{sys.executable}" "$@"; }}; wireproof() {{ python3 -m wireproof "$@"; }}\n'
        return self._finish(["bash", "-euo", "pipefail", "-c", python + text])

    def _finish(self, command: list[str]) -> str:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(name="reader")
def _reader(tmp_path: Path) -> Iterator[Reader]:
    with ExitStack() as servers:
        yield Reader(tmp_path, servers)


@pytest.mark.slow
def test_every_block_does_what_the_page_says(reader: Reader) -> None:
    for language, text in blocks():
        reader.read(language, text)
    assert {language for language, _ in blocks()} == {"sh", "text", "python", "yaml"}


def test_every_fault_that_the_page_names_exists() -> None:
    *_, table = PAGE.read_text(encoding="utf-8").partition("## What a client must survive")
    named = re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", table)
    assert len(named) > 20
    assert set(named) <= faults().keys()


def test_the_page_of_legal_deviations_is_the_catalogue() -> None:
    page = survival_markdown([fault.as_data() for fault in faults().values()])
    written = (ROOT / "docs/must-survive.md").read_text(encoding="utf-8")
    assert written == page, "run `wireproof faults --survive docs/must-survive.md`"
