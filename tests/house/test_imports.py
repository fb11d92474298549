"""The import rules of modules, checked on the imports themselves."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STANDARD = frozenset(sys.stdlib_module_names)

# A check and the values that it can receive: these modules read no files, send no requests and import no library.
PURE = frozenset(
    f"wireproof.{name}"
    for name in (
        "client.partial_response",
        "contract.case",
        "contract.clause",
        "contract.finding",
        "contract.provider",
        "contract.target",
        "errors",
        "evidence.chat_stream",
        "evidence.exchange",
        "formats.content_coding",
        "formats.json_pointer",
        "formats.multipart",
        "formats.safe_text",
        "formats.sse",
        "formats.strict_json",
        "judging.check",
        "judging.outcomes",
        "judging.verdict",
    )
)
# Library → the only modules that may import it. A name that ends in a dot stands for a package.
OWNERS = {
    "httpx": ("wireproof.client.http_client",),
    "httpcore": ("wireproof.client.http_client", "wireproof.client.recording_transport"),
    "jsonschema": ("wireproof.contract.schemas",),
    "jsonschema_rs": ("wireproof.contract.schemas",),
    "referencing": ("wireproof.contract.schemas",),
    "pytest_asyncio": ("wireproof.session.pytest_plugin.generated_items",),
    "schemathesis": ("wireproof.generation.from_schema",),
    "jinja2": ("wireproof.report.html_page",),
    "locust": ("wireproof.load.",),
    "gevent": ("wireproof.load.",),
    "geventhttpclient": ("wireproof.load.",),
    "orjson": ("wireproof.load.", "wireproof.mock.protocol.answers"),
    "ddsketch": ("wireproof.stats",),
    "yaml": ("wireproof.formats.yaml_file",),
    "pytest": ("wireproof.session.pytest_plugin.", "wireproof.cli.check"),
    "xdist": ("wireproof.session.pytest_plugin.xdist_scheduler",),
}
# The mock reads the contract by itself; it shares no code with the modules that judge it.
MOCK_MAY = ("wireproof.mock.", "wireproof.formats.", "wireproof.errors", "wireproof.stats")
SUITES_MAY = frozenset({"wireproof.check", "wireproof.expect"})


def imported(source: str) -> Iterator[str]:
    """Every module that a source imports, at the top or inside a function, also by `from package import module`."""
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
    """A sentence for each forbidden import of a module."""
    return [f"{module} imports {name}" for name in imported(source) if not _allowed(module, name)]


def _allowed(module: str, name: str) -> bool:
    top = name.partition(".")[0]
    if module.startswith("suites."):
        return top in STANDARD or name in SUITES_MAY
    if module in PURE:
        return top in STANDARD or name in PURE
    if module.startswith("wireproof.mock.") and name.startswith("wireproof.") and not name.startswith(MOCK_MAY):
        return False
    return any(_owns(owner, module) for owner in OWNERS[top]) if top in OWNERS else True


def _owns(owner: str, module: str) -> bool:
    return module.startswith(owner) if owner.endswith(".") else module == owner


def modules(folder: str) -> list[tuple[str, Path]]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in files]


def test_every_module_keeps_the_import_rules() -> None:
    found = [*modules("wireproof"), *modules("suites")]
    assert {"wireproof.formats.sse", "suites.smoke.test_smoke"} <= {module for module, _ in found}
    assert [breach for module, file in found for breach in breaches(module, file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.formats.sse", "import httpx", id="the-decoder-and-the-http-client"),
        pytest.param("wireproof.formats.sse", "import wireproof.report.html_page", id="the-decoder-and-a-higher-layer"),
        pytest.param(
            "wireproof.judging.check",
            "from wireproof.contract.schemas import SchemaSet",
            id="a-check-and-the-validators",
        ),
        pytest.param("wireproof.judging.check", "def f():\n    import yaml", id="an-import-inside-a-function"),
        pytest.param("wireproof.judging.judge", "import httpx", id="the-judge-and-the-http-client"),
        pytest.param("wireproof.client.http_client2", "import httpcore._async", id="a-name-with-the-same-beginning"),
        pytest.param("wireproof.contract.loading", "from jsonschema import validate", id="validators-outside-contract"),
        pytest.param("wireproof.proof.kill_matrix", "import locust", id="locust-outside-load"),
        pytest.param("wireproof.mock.application", "from wireproof import expect", id="the-mock-and-expectations"),
        pytest.param(
            "wireproof.mock.application", "from wireproof.judging.judge import Judge", id="the-mock-and-the-judge"
        ),
        pytest.param("wireproof.mock.application", "import yaml", id="yaml-in-the-server"),
        pytest.param("wireproof.session.run", "import pytest", id="pytest-outside-the-plugin"),
        pytest.param(
            "suites.chat.test_x", "from wireproof.client.http_client import HttpClient", id="a-suite-and-the-client"
        ),
        pytest.param("suites.chat.test_x", "import pytest", id="a-suite-and-a-library"),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, source: str) -> None:
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.client.http_client", "import httpx", id="the-client-and-httpx"),
        pytest.param("wireproof.load.engine.user", "import locust", id="load-and-locust"),
        pytest.param("wireproof.evidence.exchange", "from wireproof.formats import sse", id="pure-and-pure"),
        pytest.param("suites.chat.test_x", "from wireproof import expect\nimport json", id="a-suite-and-expectations"),
        pytest.param(
            "wireproof.mock.application", "from wireproof.formats import json_pointer", id="the-mock-and-a-format"
        ),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert breaches(module, source) == []


def read_raw(source: str) -> list[int]:
    """The lines that read `Provider.data` instead of the typed fields."""
    reads = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute) and node.attr == "data")
    names = ((node.lineno, node.value) for node in reads)
    return [
        line
        for line, value in names
        if (isinstance(value, ast.Name) and value.id == "provider")
        or (isinstance(value, ast.Attribute) and value.attr == "provider")
    ]


def test_only_the_in_process_mock_reads_the_raw_entry_of_a_provider() -> None:
    found = [*modules("wireproof"), *modules("suites")]
    raw = {module for module, file in found if read_raw(file.read_text(encoding="utf-8"))}
    assert raw == {"wireproof.proof.in_process_line"}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param('provider.data["models"]', [1], id="of-a-provider"),
        pytest.param('target.provider.data.get("auth")', [1], id="of-the-provider-of-a-target"),
        pytest.param("event.data", [], id="of-an-event"),
    ],
)
def test_a_read_of_a_raw_entry_is_noticed(source: str, lines: list[int]) -> None:
    assert read_raw(source) == lines


def test_importing_the_plugin_loads_no_locust() -> None:
    """Locust patches sockets, so the process of a conformance run must not import it."""
    import subprocess

    program = "import sys, wireproof.plugin, wireproof.cli.main; sys.exit('locust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
