"""The import rules of single modules and libraries; the import contracts of pyproject.toml hold those of the rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STANDARD = frozenset(sys.stdlib_module_names)

# Modules of which a check is made: they read no files, send no requests and know no library.
PURE = frozenset(
    f"wireproof.{name}"
    for name in (
        "errors",
        "contract.base_url",
        "contract.case",
        "contract.clause",
        "contract.finding",
        "contract.provider",
        "contract.target",
        "evidence.chat_stream",
        "evidence.exchange",
        "formats.answer_bounds",
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
# Each library, and the only modules that may import it. A name that ends in a dot stands for a room.
OWNERS = {
    "httpx": ("wireproof.client.http_client",),
    "httpcore": ("wireproof.client.http_client", "wireproof.client.recording_transport"),
    "jsonschema": ("wireproof.contract.schemas",),
    "jsonschema_rs": ("wireproof.contract.schemas", "wireproof.mock.provider.member_shapes"),
    "referencing": ("wireproof.contract.schemas",),
    "filelock": ("wireproof.evidence.ledger_lock",),
    "pytest_asyncio": ("wireproof.session.pytest_plugin.generated_items",),
    "schemathesis": ("wireproof.generation.from_schema",),
    "jinja2": ("wireproof.report.html_page",),
    "locust": ("wireproof.load.engine.",),
    "gevent": ("wireproof.load.engine.",),
    "geventhttpclient": ("wireproof.load.engine.",),
    "orjson": ("wireproof.load.", "wireproof.mock.protocol.answers"),
    "ddsketch": ("wireproof.stats",),
    "shtab": ("wireproof.cli.completion",),
    "yaml": ("wireproof.formats.yaml_file",),
    "pytest": ("wireproof.session.pytest_plugin.", "wireproof.cli.check", "wireproof.cli.usage_errors"),
    "xdist": ("wireproof.session.pytest_plugin.xdist_scheduler",),
}
FACES = frozenset({"wireproof.check", "wireproof.expect"})
# The number of rooms on the longest import chain, from the commands to the formats.
DEEPEST_CHAIN = 7


def imported_modules(source: str) -> Iterator[str]:
    """The name of every module that a source imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from _imported_from(node.module or "", [alias.name for alias in node.names])


def _imported_from(module: str, names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"{module}.{name}" if _is_package(module) and name != "__version__" else module


def _is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/") / "__init__.py").is_file()


def wrong_imports(module: str, source: str) -> list[str]:
    """The imports of a module that are not allowed, as sentences."""
    return [f"{module} imports {name}" for name in imported_modules(source) if not _is_allowed(module, name)]


def _is_allowed(module: str, name: str) -> bool:
    top = name.partition(".")[0]
    if module.startswith("suites."):
        return top in STANDARD or name in FACES
    if module in PURE:
        return top in STANDARD or name in PURE
    return any(_is_owner(owner, module) for owner in OWNERS[top]) if top in OWNERS else True


def _is_owner(owner: str, module: str) -> bool:
    return module.startswith(owner) if owner.endswith(".") else module == owner


def modules(folder: str) -> list[tuple[str, str]]:
    """The name and the source of every module below a folder."""
    files = sorted((ROOT / folder).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [(name, file.read_text(encoding="utf-8")) for name, file in zip(names, files, strict=True)]


def test_every_module_keeps_the_import_rules() -> None:
    found = [*modules("wireproof"), *modules("suites")]
    names = {module for module, _ in found}
    assert {"wireproof.formats.sse", "suites.smoke.test_smoke", *PURE} <= names
    assert [wrong for module, source in found for wrong in wrong_imports(module, source)] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.formats.sse", "import httpx", id="decoder-and-http-client"),
        pytest.param("wireproof.formats.sse", "from wireproof.client import sender", id="decoder-and-sender"),
        pytest.param(
            "wireproof.judging.check", "from wireproof.contract.schemas import SchemaSet", id="check-and-validators"
        ),
        pytest.param("wireproof.judging.check", "def f():\n    import yaml", id="import-inside-a-function"),
        pytest.param("wireproof.judging.judge", "import httpx", id="judge-and-http-client"),
        pytest.param("wireproof.client2", "import httpcore._async", id="a-name-that-begins-alike"),
        pytest.param("wireproof.contract.loading", "from jsonschema import validate", id="validators-elsewhere"),
        pytest.param("wireproof.load.results.summary", "import locust", id="locust-outside-the-engine"),
        pytest.param("wireproof.mock.application", "import yaml", id="yaml-in-the-mock"),
        pytest.param("wireproof.session.run", "import pytest", id="pytest-outside-the-plugin"),
        pytest.param("suites.chat.test_x", "from wireproof.client.sender import Sender", id="suite-and-sender"),
        pytest.param("suites.chat.test_x", "import pytest", id="suite-and-library"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, source: str) -> None:
    assert len(wrong_imports(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("wireproof.client.http_client", "import httpx", id="http-client-and-httpx"),
        pytest.param("wireproof.load.engine.user", "import locust", id="load-engine-and-locust"),
        pytest.param("wireproof.evidence.exchange", "from wireproof.formats import sse", id="pure-and-pure"),
        pytest.param("suites.chat.test_x", "from wireproof import expect\nimport json", id="suite-and-expectations"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert wrong_imports(module, source) == []


def test_the_longest_chain_of_rooms_has_seven() -> None:
    rooms = {folder.name for folder in (ROOT / "wireproof").iterdir() if (folder / "__init__.py").is_file()}
    below: dict[str, set[str]] = {room: set() for room in rooms}
    for module, source in modules("wireproof"):
        room = module.split(".")[1]
        if room in rooms:
            targets = {name.split(".")[1] for name in imported_modules(source) if name.startswith("wireproof.")}
            below[room] |= (targets & rooms) - {room}

    @cache
    def depth(room: str) -> int:
        return 1 + max((depth(other) for other in below[room]), default=0)

    assert max(map(depth, rooms)) <= DEEPEST_CHAIN


def raw_reads(source: str) -> list[int]:
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
    assert {module for module, source in found if raw_reads(source)} == {"wireproof.proof.in_process_line"}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param('provider.data["models"]', [1], id="of-a-provider"),
        pytest.param('target.provider.data.get("auth")', [1], id="of-the-provider-of-a-target"),
        pytest.param("event.data", [], id="of-an-event"),
    ],
)
def test_a_read_of_a_raw_entry_is_noticed(source: str, lines: list[int]) -> None:
    assert raw_reads(source) == lines


def test_importing_the_plugin_loads_no_locust() -> None:
    """Locust patches sockets, so one process never holds both locust and the sender of a conformance run."""
    program = "import sys, wireproof.plugin, wireproof.cli.main as main; main.build_parser(); "
    program += "sys.exit('locust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
