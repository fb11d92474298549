"""Names and docstrings of the whole repository: one name for one thing, in words that read at once."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wireproof"

# Module names that may stand twice, each with the reason why a reader still knows which one is meant.
TWICE = {
    "check": "wireproof.check is the public face of judging/check; cli/check is the command of that name",
    "expect": "wireproof.expect is the public face of judging/expect",
    "plugin": "wireproof.plugin is the public face of session/pytest_plugin/plugin",
    "judge": "cli/judge is the command of that name",
    "explain": "cli/explain is the command of that name",
}
# Names of constants that stand in several modules, each with the reason.
SHARED_CONSTANTS = {
    "HELP": "the help line of a command, in each module of cli/ that passes its arguments on",
    "HOOKS": "the table at the end of each module of mock/faults, which the catalogue joins",
}
CLAUSE = re.compile(r"(What|Whether|How|Where|Which|Why|Who|Whose|Whom)\b")
# Words that say nothing of what a function does or to what, when they stand alone.
PARTICIPLES = frozenset(
    [
        "told",
        "asked",
        "known",
        "said",
        "named",
        "judged",
        "held",
        "drawn",
        "answered",
        "touched",
        "written",
        "begun",
        "gone",
        "heard",
        "seen",
        "shown",
        "found",
        "given",
        "taken",
        "made",
        "kept",
        "done",
        "sent",
        "spelt",
        "over",
        "listed",
        "noted",
        "counted",
        "cited",
        "carried",
        "committed",
        "obeyed",
        "chatted",
        "brought",
        "recalled",
    ]
)
FOLDERS = ("wireproof", "suites", "tests", "mutation", "benchmarks", "fuzz", "load")


def sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file below the folders, with its syntax tree."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def repeated(names: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that stand in more than one place, each with its places."""
    places = defaultdict(list)
    for name, place in names:
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def constants(tree: ast.Module) -> Iterator[str]:
    """The names in capitals, and the type aliases, that a module binds at its top."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id[0].isupper():
                yield target.id


def test_a_module_name_stands_once() -> None:
    modules = ((file.stem, str(file)) for file, _ in sources("wireproof") if file.stem not in ("__init__", "__main__"))
    assert set(repeated(modules)) == set(TWICE)


def test_a_class_name_stands_once() -> None:
    classes = (
        (node.name, str(file))
        for file, tree in sources("wireproof")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert repeated(classes) == {}


def test_a_constant_has_one_meaning() -> None:
    names = ((name, str(file)) for file, tree in sources("wireproof") for name in constants(tree))
    assert set(repeated(names)) == set(SHARED_CONSTANTS)


def test_no_function_is_named_by_a_participle_alone() -> None:
    named = [f"{file}: {node.name}" for file, tree in sources("wireproof") for node in functions(tree)]
    assert [one for one in named if one.rpartition(" ")[2].lstrip("_") in PARTICIPLES] == []


def test_no_docstring_begins_with_a_bare_clause() -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{file}: {text.splitlines()[0]}"
        for file, tree in sources(*FOLDERS)
        for node in ast.walk(tree)
        if isinstance(node, documented) and (text := ast.get_docstring(node)) and CLAUSE.match(text)
    ]
    assert found == []


def test_every_module_class_and_public_function_of_a_room_has_a_docstring() -> None:
    bare = [str(file) for file, tree in sources("wireproof") if not ast.get_docstring(tree) and file.name != "py.typed"]
    assert bare == []


def test_the_top_of_the_package_holds_twelve_rooms_and_eight_files() -> None:
    tops = [top for top in PACKAGE.iterdir() if top.name not in ("__pycache__", "data")]
    assert len([top for top in tops if top.is_dir()]) <= 12
    assert len([top for top in tops if top.is_file()]) <= 8
