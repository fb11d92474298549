"""Whatever judges, reports and serves needs nothing that Windows has not; load does."""

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
    """The arguments of a process whose interpreter lacks what Windows lacks."""
    return {"args": [sys.executable, *words], "cwd": ROOT, "env": {**os.environ, "PYTHONPATH": str(NO_POSIX)}}


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(*words), capture_output=True, text=True, timeout=GIVEN_UP, check=False)  # type: ignore[call-overload]


def modules() -> Iterator[tuple[str, Path]]:
    """Every module but those that drive load."""
    for file in sorted((ROOT / "wireproof").rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("wireproof.load.") and name != "wireproof.__main__":
            yield name, file


def test_the_interpreter_of_these_tests_lacks_what_windows_lacks() -> None:
    program = "import os, select; print(hasattr(os, 'fork'), hasattr(select, 'poll')); import fcntl"
    done = ran("-c", program)
    assert done.stdout == "False False\n"
    assert "ModuleNotFoundError: import of fcntl halted" in done.stderr


def test_every_module_but_those_of_load_can_be_imported() -> None:
    names = [name for name, _ in modules()]
    assert {
        "wireproof.cli.main",
        "wireproof.plugin",
        "wireproof.mock.server",
        "wireproof.evidence.ledger_writer",
    } <= set(names)
    done = ran("-c", IMPORT_EACH, *names)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


def test_no_module_but_those_of_load_names_what_windows_lacks() -> None:
    assert [f"{name}: {found}" for name, file in modules() for found in posix_names(file)] == []


def posix_names(file: Path) -> Iterator[str]:
    """What a module names, inside functions too, and Windows has not; uvloop may be missing anywhere."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = {getattr(node, "module", None), *(alias.name for alias in node.names)}
            yield from named & (set(POSIX_ONLY["MODULES"]) - {"uvloop"})
        if isinstance(node, ast.Attribute):
            module = ast.unparse(node.value)
            if node.attr in POSIX_ONLY["MEMBERS"].get(module, "").split():
                yield f"{module}.{node.attr}"


def test_an_api_is_judged_and_its_ledger_judged_again(tmp_path: Path) -> None:
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
def test_the_server_ends_when_it_is_told(end: str) -> None:
    leashed = ["--leashed"] if end == "standard-input" else []
    words = ["-m", "wireproof", "serve", "--port", "0", "--json", *leashed]
    with subprocess.Popen(**command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # type: ignore[call-overload]
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline()
        server.stdin.close() if leashed else server.terminate()
        assert server.wait(GIVEN_UP) == 0
