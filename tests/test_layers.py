"""Which module may import what, held over the imports themselves."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = frozenset(sys.stdlib_module_names)

# A check and everything it can hold: nothing here reads files, sends requests or knows a library.
PURE = frozenset(
    f"wireproof.{name}"
    for name in (
        "answer",
        "case",
        "check",
        "clause",
        "errors",
        "exchange",
        "form",
        "json_text",
        "pointer",
        "provider",
        "sse",
        "stream",
        "target",
        "timing",
        "verdict",
    )
)
# A library, and the only modules that may import it. A name that ends in a dot stands for a package.
OWNERS = {
    "httpx": ("wireproof.wire",),
    "httpcore": ("wireproof.wire", "wireproof.recording"),
    "jsonschema": ("wireproof.contract",),
    "jsonschema_rs": ("wireproof.contract",),
    "referencing": ("wireproof.contract",),
    "pytest_asyncio": ("wireproof.generated.items",),
    "schemathesis": ("wireproof.generated.from_schema",),
    "jinja2": ("wireproof.report.page",),
    "locust": ("wireproof.load.",),
    "gevent": ("wireproof.load.",),
    "geventhttpclient": ("wireproof.load.",),
    "orjson": ("wireproof.load.", "wireproof.mock.said"),
    "ddsketch": ("wireproof.sketch",),
    "yaml": ("wireproof.datafiles", "wireproof.mock.faults."),
    "pytest": (
        "wireproof.plugin",
        "wireproof.outcome",
        "wireproof.generated.items",
        "wireproof.protocol",
        "wireproof.closing",
        "wireproof.progress",
        "wireproof.commands.check",
        "wireproof.distribution",
    ),
    "xdist": ("wireproof.distribution",),
}
# The mock is its own reading of the contract; it takes nothing from those who judge it.
JUDGING = (
    "check", "expect", "suites", "contract", "wire", "courier", "judge", "attribution", "docket", "verdict", "gather",
    "trial",
)  # fmt: skip
SUITES_MAY = frozenset({"wireproof.check", "wireproof.expect"})


def imported(source: str) -> Iterator[str]:
    """Every module a source imports, at the top or inside a function; `from package import module` is one too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from _from(node.module or "", [alias.name for alias in node.names])


def _from(module: str, names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"{module}.{name}" if _is_package(module) and name != "__version__" else module


def _is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/") / "__init__.py").is_file()


def breaches(module: str, source: str) -> list[str]:
    """The imports of a module that the layers forbid, in words."""
    return [f"{module} imports {name}" for name in imported(source) if not _allowed(module, name)]


def _allowed(module: str, name: str) -> bool:
    top = name.partition(".")[0]
    if module.startswith("suites."):
        return top in STANDARD or name in SUITES_MAY
    if module in PURE:
        return top in STANDARD or name in PURE
    if module.startswith("wireproof.mock.") and name.startswith("wireproof.") and name.split(".")[1] in JUDGING:
        return False
    return any(_owns(owner, module) for owner in OWNERS[top]) if top in OWNERS else True


def _owns(owner: str, module: str) -> bool:
    return module.startswith(owner) if owner.endswith(".") else module == owner


def modules(folder: str) -> list[tuple[str, Path]]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in files]


def test_every_module_imports_only_what_its_layer_may() -> None:
    found = [*modules("wireproof"), *modules("suites")]
    assert {"wireproof.sse", "suites.smoke.test_smoke"} <= {module for module, _ in found}
    assert [breach for module, file in found for breach in breaches(module, file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.sse", "import httpx", id="the-decoder-and-the-http-client"),
        pytest.param("wireproof.sse", "from wireproof import render", id="the-decoder-and-a-higher-layer"),
        pytest.param("wireproof.check", "from wireproof.contract import SchemaSet", id="a-check-and-the-validators"),
        pytest.param("wireproof.check", "def f():\n    import yaml", id="an-import-inside-a-function"),
        pytest.param("wireproof.judge", "import httpx", id="the-judge-and-the-http-client"),
        pytest.param("wireproof.wire2", "import httpcore._async", id="a-name-that-only-begins-alike"),
        pytest.param("wireproof.config", "from jsonschema import validate", id="validators-outside-contract"),
        pytest.param("wireproof.prove", "import locust", id="locust-outside-load"),
        pytest.param("wireproof.mock.core", "from wireproof import expect", id="the-mock-and-expectations"),
        pytest.param("wireproof.mock.core", "from wireproof.judge import Bench", id="the-mock-and-the-judge"),
        pytest.param("wireproof.mock.core", "import yaml", id="yaml-in-the-server"),
        pytest.param("wireproof.run", "import pytest", id="pytest-outside-the-plugin"),
        pytest.param("suites.chat.test_x", "from wireproof.wire import Wire", id="a-suite-and-the-wire"),
        pytest.param("suites.chat.test_x", "import pytest", id="a-suite-and-a-library"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, source: str) -> None:
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.wire", "import httpx", id="the-wire-and-the-http-client"),
        pytest.param("wireproof.load.user", "import locust", id="load-and-locust"),
        pytest.param("wireproof.exchange", "from wireproof import sse", id="pure-and-pure"),
        pytest.param("suites.chat.test_x", "from wireproof import expect\nimport json", id="a-suite-and-expectations"),
        pytest.param("wireproof.mock.core", "from wireproof import pointer", id="the-mock-and-a-pure-function"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert breaches(module, source) == []


def test_importing_the_plugin_loads_no_locust() -> None:
    """Locust patches sockets: one process never holds both it and the courier."""
    import subprocess

    program = "import sys, wireproof.plugin, wireproof.cli as cli; cli.parser(); sys.exit('locust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
