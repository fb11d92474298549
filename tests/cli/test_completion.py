"""The completion of commands and options in a shell."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from wireproof.cli.command_parsers import SHELLS

BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="no bash is installed")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("swe", "sweep"),
        ("check --endp", "--endpoint"),
        ("load --thresh", "--threshold"),
        ("check --fail-on s", "should"),
    ],
)
def test_bash_completes_commands_options_and_choices(
    wireproof: Callable[..., CompletedProcess[str]], tmp_path: Path, words: str, completed: str
) -> None:
    assert BASH is not None
    (tmp_path / "completion.bash").write_text(wireproof("--print-completion", "bash").stdout)
    script = f"""source ./completion.bash
    COMP_WORDS=(wireproof {words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
    _shtab_wireproof; printf '%s\\n' "${{COMPREPLY[@]}}" """
    answer = subprocess.run([BASH, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert completed in answer.stdout.split(), answer.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(wireproof: Callable[..., CompletedProcess[str]], shell: str) -> None:
    ended = wireproof("--print-completion", shell)
    assert (ended.returncode, "--i-may-load-this-host" in ended.stdout or "i-may-load" in ended.stdout) == (0, True)
