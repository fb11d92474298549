"""Which mutants there are, which of them can matter, and a sample that leaves no check out."""

from __future__ import annotations

import ast
import inspect
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, WorkerOutcome, WorkItem, WorkResult
from parso.python.tree import Operator

from mutation import operators, telling
from wireproof.contract import data_files
from wireproof.judging.check import Check

# What judges beside the suites, in the order of what rests on what.
JUDGES = (
    "formats/strict_json", "formats/json_pointer", "formats/sse", "evidence/chat_stream", "formats/content_coding",
    "evidence/exchange", "contract/finding", "judging/check", "judging/expect_values", "judging/expect_arguments",
    "judging/expect_limits", "judging/expect", "contract/schemas", "judging/request_members", "judging/honest_refusal",
    "judging/excuses", "judging/clause_attribution", "judging/judge",
)  # fmt: skip
# Judged by requests that are generated, not by those of the cases.
GENERATED = "generated"
# What of these modules does something else than judge.
LOADS, WRITES = "functions that read the contract or make checks known", "functions that build requests"
HIDES = "functions that take secrets out of answers"
OUTSIDE = {
    "check": {"check": LOADS},
    "schemas": {
        "check_format": LOADS,
        "document": LOADS,
        "_expected": telling.WORDS,
        "_schema": LOADS,
        "_documents": LOADS,
        "_read": LOADS,
    },
    "content_coding": {"_store": HIDES},
    "expect": {"place": telling.WORDS},
    "finding": {"shown": telling.WORDS},
    "judge": {"_sentence": telling.WORDS},
    "json_pointer": {"edit": WRITES, "drop": WRITES, "_edit": WRITES},
}
WHOLE = "<module>"
BINARY, COMPARISON = "core/ReplaceBinaryOperator", "core/ReplaceComparisonOperator"
# cosmic-ray spares None and numbers these; a text is as little before another as it is another's very object.
TEXT = re.compile("""\\s*[bf]?["']""")
ORDER = re.compile("core/ReplaceComparisonOperator_(Eq|NotEq)_(Lt|LtE|Gt|GtE)")
IDENTITY = re.compile("core/ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot)")
DOTTED = "an exception of another module, of which cosmic-ray makes no program"
ORDERED, IDENTICAL = "an order of texts, where none is meant", "identity for equality, as the interpreter pleases"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change.

    Attributes:
        definition: the function it is in, by its qualified name.
        line: the line where it begins, as it stands.
    """

    job: str
    path: Path
    operator: str
    occurrence: int
    start: tuple[int, int]
    end: tuple[int, int]
    definition: str
    line: str

    @property
    def file(self) -> str:
        """The path from the root."""
        return self.path.relative_to(data_files.root()).as_posix()

    @property
    def of_a_check(self) -> bool:
        """Whether it is in the function of a check, and not in what that calls."""
        return self.file.startswith("suites/") and self.definition.startswith("test_")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, with its decorators, from a line to another."""

    name: str
    first: int
    last: int


def modules() -> tuple[Path, ...]:
    """Every module that judges."""
    root = data_files.root()
    suites = (file for file in sorted(root.glob("suites/*/test_*.py")) if file.parent.name != GENERATED)
    return (*(root / "wireproof" / f"{name}.py" for name in JUDGES), *suites)


def mutants(work_db: WorkDB, paths: Sequence[Path]) -> tuple[Mutant, ...]:
    """Every mutant that can change a verdict; the others are skipped in the work database, with the reason."""
    work_db.clear()
    work_db.add_work_items(item for path in paths for item in _items(path))
    sources = {path: path.read_text() for path in paths}
    known = telling.vocabulary([sources[path] for path in paths if path.parent.parent.name == "wireproof"])
    told = {path: telling.spans(source, known) for path, source in sources.items()}
    defined = {path: tuple(definitions(source)) for path, source in sources.items()}
    found, skipped = [], dict[str, list[str]]()
    for item in work_db.work_items:
        (spec,) = item.mutations
        source = sources[spec.module_path]
        made = _mutant(item.job_id, spec, source, defined[spec.module_path])
        reason = _reason(spec, source, told[spec.module_path]) or _outside(made)
        if reason is None:
            found.append(made)
        else:
            skipped.setdefault(reason, []).append(item.job_id)
    for reason, jobs in skipped.items():
        work_db.set_multiple_results(jobs, WorkResult(WorkerOutcome.SKIPPED, output=reason))
    return tuple(found)


def _items(path: Path) -> Iterator[WorkItem]:
    """Every mutation of a module, numbered as cosmic-ray does: an operator's occurrences in the order of the nodes."""
    operators.register()
    known = {name: cosmic_ray.plugins.get_operator(name) for name in cosmic_ray.plugins.operator_names()}
    ready = {name: operator() for name, operator in known.items() if not operator.arguments()}
    of_leaves = {name: one for name, one in ready.items() if name.startswith(BINARY)}
    of_comparisons = {name: one for name, one in ready.items() if name.startswith(COMPARISON)}
    others = {name: one for name, one in ready.items() if name not in of_leaves and name not in of_comparisons}
    occurrences = Counter[str]()
    for node in ast_nodes(get_ast_from_path(path)):
        # Nine operators in ten change one kind of node, which is quickly told.
        fitting = of_leaves if isinstance(node, Operator) else of_comparisons if node.type == "comparison" else {}
        for name, operator in (*fitting.items(), *others.items()):
            for start, end in operator.mutation_positions(node):
                spec = MutationSpec(path, name, occurrences[name], start, end)
                yield WorkItem.single(f"{path.relative_to(data_files.root())} {name} {occurrences[name]}", spec)
                occurrences[name] += 1


def sample(every: Iterable[Mutant], seed: int, most: int) -> tuple[Mutant, ...]:
    """One mutant of each check, and others, each at a place of its own, so many that there are `most`.

    A mutant's turn in the draw depends on itself alone: what changes elsewhere hardly changes the sample.
    """
    drawn = sorted(every, key=lambda one: _draw(one, seed))
    first = {(one.path, one.definition): one for one in reversed(drawn) if one.of_a_check}
    places = {(one.path, one.start) for one in first.values()}
    # `==` alone has five other forms: one of them is enough.
    others = {(one.path, one.start): one for one in reversed(drawn) if (one.path, one.start) not in places}
    rest = sorted(others.values(), key=lambda one: _draw(one, seed))
    return (*first.values(), *rest[: max(0, most - len(first))])


def checks_of(chosen: Iterable[Mutant], checks: Mapping[str, Check]) -> frozenset[str]:
    """The checks that have a mutant of their own, in the function itself."""
    mutated = {(one.path, one.definition) for one in chosen}
    return frozenset(
        name
        for name, check in checks.items()
        if (Path(inspect.getsourcefile(check.function) or ""), check.function.__name__) in mutated
    )


def definitions(source: str) -> Iterator[Definition]:
    """The outermost functions of a source and the methods of its classes."""
    yield from _definitions(ast.parse(source), "")


def _definitions(tree: ast.Module | ast.ClassDef, prefix: str) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            first = min((one.lineno for one in node.decorator_list), default=node.lineno)
            yield Definition(prefix + node.name, first, node.end_lineno or first)
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")


def _mutant(job: str, spec: MutationSpec, source: str, defined: Sequence[Definition]) -> Mutant:
    at = spec.start_pos[0]
    inside = next((one.name for one in defined if one.first <= at <= one.last), WHOLE)
    line = source.splitlines()[at - 1].strip()
    return Mutant(
        job, spec.module_path, spec.operator_name, spec.occurrence, spec.start_pos, spec.end_pos, inside, line
    )


def _reason(spec: MutationSpec, source: str, told: Sequence[telling.Span]) -> str | None:
    if spec.operator_name == "core/RemoveDecorator" or (spec.operator_name.startswith(BINARY) and _marks(spec, source)):
        return telling.DECLARATION
    if (
        spec.operator_name == "core/ExceptionReplacer"
        and "." in source.splitlines()[spec.start_pos[0] - 1][spec.start_pos[1] : spec.end_pos[1]]
    ):
        return DOTTED
    if IDENTITY.fullmatch(spec.operator_name):
        return IDENTICAL
    if ORDER.fullmatch(spec.operator_name) and TEXT.match(source.splitlines()[spec.end_pos[0] - 1][spec.end_pos[1] :]):
        return ORDERED
    return next((span.reason for span in told if span.covers(spec.start_pos, spec.end_pos)), None)


def _outside(made: Mutant) -> str | None:
    """Why the function that a mutant is in does not judge; None where it does."""
    if made.path.parent.parent.name != "wireproof":
        return None
    return OUTSIDE.get(made.path.stem, {}).get(made.definition)


def _marks(spec: MutationSpec, source: str) -> bool:
    """Whether a star stands alone: behind it parameters are named."""
    line, column = spec.start_pos
    return source.splitlines()[line - 1][column:].startswith("*,")


def _draw(one: Mutant, seed: int) -> float:
    return random.Random(f"{seed} {one.file} {one.definition} {one.line} {one.start[1]} {one.operator}").random()
