"""Every command in the blocks of README.md and docs exists, with each of its options and choices."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
# The languages of blocks with commands; the YAML is that of CI jobs.
LANGUAGES = ("sh", "bash", "console", "yaml", "")
# A command that a shell starts: at the start of a line, or after one of its own signs, with the folder of its file.
COMMAND = re.compile(r"(?:^|&& |\(|^- )((?:[.\w/]*/bin/)?(?:wireproof|pytest|locust)(?: .*)?)$")
BRACKETED = re.compile(r"\(((?:wireproof|pytest|locust) [^()]*)\)")
END_OF_COMMAND = re.compile(r"[|;&<>]+")
MORE = "…"


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each command of ours in a shell block, without comments and without what follows the command."""
    for line in text.replace("\\\n", " ").splitlines():
        found = BRACKETED.search(line) or COMMAND.search(line.strip())
        if found is not None:
            yield list(words_of(found[1]))


def words_of(command: str) -> Iterator[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    previous = ""
    for word in lexer:
        if END_OF_COMMAND.fullmatch(word):
            return
        # The sign stands for a value after an option, and for further options elsewhere.
        if word != MORE or previous.startswith("--"):
            yield Path(word).name if not previous else word
        previous = word


def blocks_of(page: str) -> Iterator[str]:
    """The text of each block that may have commands: fenced, or indented."""
    yield from (text for language, text in BLOCK.findall(page) if language in LANGUAGES)
    yield from INDENTED.findall(BLOCK.sub("", page))


def documented() -> list[tuple[str, list[str]]]:
    """Each command with its page."""
    return [
        (page.relative_to(ROOT).as_posix(), words)
        for page in PAGES
        for text in blocks_of(page.read_text(encoding="utf-8"))
        for words in commands_of(text)
    ]


def errors_of(lines: list[list[str]]) -> list[str]:
    script = [sys.executable, str(Path(__file__).with_name("parse_command_lines.py"))]
    done = subprocess.run(script, input=json.dumps(lines), cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    errors: list[str] = json.loads(done.stdout.splitlines()[-1])
    return errors


def test_a_wrong_command_option_or_choice_is_found() -> None:
    wrong = [
        "wireproof chek", "wireproof plan --no-such-option", "wireproof check --fail-on=can", "wireproof explain",
        "pytest --no-such-option", "wireproof load no-such-scenario", "wireproof load stream --arrivals normal",
        "wireproof sweep stream --by pages", "wireproof sweep stream --no-such-option", "wireproof failover --cells x",
        "locust --no-such-option",
    ]  # fmt: skip
    errors = errors_of([line.split() for line in wrong])
    assert [line for line, error in zip(wrong, errors, strict=True) if not error] == []


def test_the_commands_of_a_block_are_found() -> None:
    text = "A=1 true && .venv/bin/pytest tests\nx | y\nwireproof a --b 'c d' \\\n  --e … … > f  # g\necho wireproof\n"
    assert list(commands_of(text)) == [["pytest", "tests"], ["wireproof", "a", "--b", "c d", "--e", "…"]]


def test_every_documented_command_is_parsed() -> None:
    commands = documented()
    pages = {page for page, _ in commands}
    assert {"README.md", "docs/ci.md", "docs/load.md", "docs/limits.md", "docs/generated.md"} <= pages
    errors = errors_of([words for _, words in commands])
    found = [(page, " ".join(words), error) for (page, words), error in zip(commands, errors, strict=True) if error]
    assert found == []
