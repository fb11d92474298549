"""Modules that judge, report and serve use nothing that Windows lacks; only load is for POSIX."""

from __future__ import annotations

import ast
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_POSIX = ROOT / "tests/data/no_posix"
POSIX_ONLY = runpy.run_path(str(NO_POSIX / "posix_only.py"))
GIVEN_UP = 120
IMPORT_EACH = """
import importlib, sys
missing = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except (AttributeError, ImportError) as error:
        missing.append(f"{name}: {error}")
print("\\n".join(missing))
"""


def command(*words: str) -> dict[str, object]:
    """The arguments of a process whose interpreter lacks the modules that Windows lacks."""
    return {"args": [sys.executable, *words], "cwd": ROOT, "env": {**os.environ, "PYTHONPATH": str(NO_POSIX)}}


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(*words), capture_output=True, text=True, timeout=GIVEN_UP, check=False)  # type: ignore[call-overload]


def modules() -> Iterator[tuple[str, Path]]:
    """Every module outside of load, with its file."""
    for file in sorted((ROOT / "wireproof").rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("wireproof.load.") and name != "wireproof.__main__":
            yield name, file


def test_the_interpreter_of_these_tests_lacks_posix_modules() -> None:
    program = "import os, select; print(hasattr(os, 'fork'), hasattr(select, 'poll')); import fcntl"
    done = ran("-c", program)
    assert done.stdout == "False False\n"
    assert "ModuleNotFoundError: import of fcntl halted" in done.stderr


def test_every_module_outside_of_load_can_be_imported() -> None:
    names = [name for name, _ in modules()]
    assert {
        "wireproof.cli.main",
        "wireproof.plugin",
        "wireproof.mock.server",
        "wireproof.evidence.ledger_writer",
    } <= set(names)
    done = ran("-c", IMPORT_EACH, *names)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


def test_no_module_outside_of_load_names_a_posix_module() -> None:
    assert [f"{name}: {found}" for name, file in modules() for found in posix_names(file)] == []


def posix_names(file: Path) -> Iterator[str]:
    """The POSIX names that a module uses, also inside functions; uvloop is optional everywhere."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = {getattr(node, "module", None), *(alias.name for alias in node.names)}
            yield from named & (set(POSIX_ONLY["MODULES"]) - {"uvloop"})
        if isinstance(node, ast.Attribute):
            module = ast.unparse(node.value)
            if node.attr in POSIX_ONLY["MEMBERS"].get(module, "").split():
                yield f"{module}.{node.attr}"


def test_a_run_and_the_rejudging_of_its_ledger_work(tmp_path: Path) -> None:
    words = ["--provider", "aion", "-m", "smoke", "-q", "-p", "no:cacheprovider", "--report-dir", str(tmp_path)]
    done = ran("-m", "wireproof", "check", *words)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["complete"]
    assert {verdict["outcome"] for verdict in report["verdicts"]} <= {"pass", "noted"}
    for words in (["judge"], ["report"]):
        again = ran("-m", "wireproof", *words, str(tmp_path / "ledger.jsonl"))
        assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]


@pytest.mark.parametrize("end", ["signal", "standard-input"])
def test_the_server_ends_by_a_signal_and_with_standard_input(end: str) -> None:
    exit_with_stdin = ["--exit-with-stdin"] if end == "standard-input" else []
    words = ["-m", "wireproof", "serve", "--port", "0", "--json", *exit_with_stdin]
    with subprocess.Popen(**command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # type: ignore[call-overload]
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline()
        server.stdin.close() if exit_with_stdin else server.terminate()
        assert server.wait(GIVEN_UP) == 0
