"""The mutants of the judging code: which exist, which can change a verdict, and a sample with one of each check."""

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

from mutation import operators, skipped_code
from wireproof.contract import data_files
from wireproof.judging.check import Check

# The judging modules beside the suites, each after the ones that it imports.
JUDGING_MODULES = (
    "formats/strict_json", "formats/json_pointer", "formats/sse", "evidence/chat_stream", "formats/content_coding",
    "evidence/exchange", "contract/finding", "judging/check", "judging/expect_values", "judging/expect_arguments",
    "judging/expect_limits", "judging/expect", "contract/schemas", "judging/request_members", "judging/honest_refusal",
    "judging/excuses", "judging/clause_attribution", "judging/judge",
)  # fmt: skip
# A suite that judges generated requests, which are not recorded.
GENERATED = "generated"
# Functions of these modules that do not judge.
LOADS_CONTRACT = "functions that read the contract or register checks"
BUILDS_REQUESTS = "functions that build requests"
REDACTS = "functions that remove secrets from answers"
NON_JUDGING_FUNCTIONS = {
    "check": {"check": LOADS_CONTRACT},
    "schemas": {
        "check_format": LOADS_CONTRACT,
        "schema_document": LOADS_CONTRACT,
        "_expected_text": skipped_code.WORDS,
        "_find_schema": LOADS_CONTRACT,
        "_schema_documents": LOADS_CONTRACT,
        "_read_schemas": LOADS_CONTRACT,
    },
    "content_coding": {"_store": REDACTS},
    "expect": {"chunk_place": skipped_code.WORDS},
    "finding": {"display_text": skipped_code.WORDS},
    "judge": {"_findings_sentence": skipped_code.WORDS},
    "json_pointer": {"edit": BUILDS_REQUESTS, "drop": BUILDS_REQUESTS, "_edit": BUILDS_REQUESTS},
}
MODULE_LEVEL = "<module>"
BINARY, COMPARISON = "core/ReplaceBinaryOperator", "core/ReplaceComparisonOperator"
# cosmic-ray skips such comparisons with None only; the order and the identity of texts are not meant in this code.
TEXT = re.compile("""\\s*[bf]?["']""")
ORDER_OPERATORS = re.compile("core/ReplaceComparisonOperator_(Eq|NotEq)_(Lt|LtE|Gt|GtE)")
IDENTITY_OPERATORS = re.compile("core/ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot)")
DOTTED_EXCEPTION = "an exception of another module, which cosmic-ray turns into invalid code"
ORDER_OF_TEXTS = "an order of texts where only equality is meant"
IDENTITY_FOR_EQUALITY = "identity in place of equality, which depends on the interpreter"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change.

    Attributes:
        definition: the qualified name of the function that contains it; MODULE_LEVEL if none does.
        line: the line where it begins, before the change.
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
        """The path from the repository's root."""
        return self.path.relative_to(data_files.root()).as_posix()

    @property
    def is_in_check(self) -> bool:
        """True if the mutant is in the function of a check itself."""
        return self.file.startswith("suites/") and self.definition.startswith("test_")


@dataclass(frozen=True, slots=True)
class Definition:
    """The lines of a function, decorators included."""

    name: str
    first: int
    last: int


def judging_modules() -> tuple[Path, ...]:
    """The path of every module that judges."""
    root = data_files.root()
    suites = (file for file in sorted(root.glob("suites/*/test_*.py")) if file.parent.name != GENERATED)
    return (*(root / "wireproof" / f"{name}.py" for name in JUDGING_MODULES), *suites)


def find_mutants(work_db: WorkDB, paths: Sequence[Path]) -> tuple[Mutant, ...]:
    """Every mutant that can change a verdict; the others are marked as skipped in the database, with the reason."""
    work_db.clear()
    work_db.add_work_items(item for path in paths for item in _work_items(path))
    sources = {path: path.read_text() for path in paths}
    vocabulary = skipped_code.build_vocabulary(
        [sources[path] for path in paths if path.parent.parent.name == "wireproof"]
    )
    spans = {path: skipped_code.find_spans(source, vocabulary) for path, source in sources.items()}
    definitions_of = {path: tuple(definitions(source)) for path, source in sources.items()}
    found, skipped = [], dict[str, list[str]]()
    for item in work_db.work_items:
        (spec,) = item.mutations
        source = sources[spec.module_path]
        mutant = _mutant(item.job_id, spec, source, definitions_of[spec.module_path])
        reason = _skip_reason(spec, source, spans[spec.module_path]) or _non_judging_reason(mutant)
        if reason is None:
            found.append(mutant)
        else:
            skipped.setdefault(reason, []).append(item.job_id)
    for reason, jobs in skipped.items():
        work_db.set_multiple_results(jobs, WorkResult(WorkerOutcome.SKIPPED, output=reason))
    return tuple(found)


def _work_items(path: Path) -> Iterator[WorkItem]:
    """Yields every mutation of a module, numbered like cosmic-ray's: each operator's occurrences in order of nodes."""
    operators.register()
    operator_classes = {name: cosmic_ray.plugins.get_operator(name) for name in cosmic_ray.plugins.operator_names()}
    operators_by_name = {name: operator() for name, operator in operator_classes.items() if not operator.arguments()}
    for_leaves = {name: ready_operator for name, ready_operator in operators_by_name.items() if name.startswith(BINARY)}
    for_comparisons = {
        name: ready_operator for name, ready_operator in operators_by_name.items() if name.startswith(COMPARISON)
    }
    others = {
        name: ready_operator
        for name, ready_operator in operators_by_name.items()
        if name not in for_leaves and name not in for_comparisons
    }
    occurrences = Counter[str]()
    for node in ast_nodes(get_ast_from_path(path)):
        # Nine operators in ten change one kind of node, which is checked first.
        fitting = for_leaves if isinstance(node, Operator) else for_comparisons if node.type == "comparison" else {}
        for name, operator in (*fitting.items(), *others.items()):
            for start, end in operator.mutation_positions(node):
                spec = MutationSpec(path, name, occurrences[name], start, end)
                yield WorkItem.single(f"{path.relative_to(data_files.root())} {name} {occurrences[name]}", spec)
                occurrences[name] += 1


def draw_sample(all_mutants: Iterable[Mutant], seed: int, most: int) -> tuple[Mutant, ...]:
    """Draws one mutant of each check, and others up to `most` in all, each at a place of its own.

    The order of a mutant depends on the mutant only: a change elsewhere hardly changes the sample.
    """
    ordered = sorted(all_mutants, key=lambda mutant: _draw_key(mutant, seed))
    first = {(mutant.path, mutant.definition): mutant for mutant in reversed(ordered) if mutant.is_in_check}
    places = {(mutant.path, mutant.start) for mutant in first.values()}
    # `==` alone has five other forms: one of them is enough.
    others = {
        (mutant.path, mutant.start): mutant for mutant in reversed(ordered) if (mutant.path, mutant.start) not in places
    }
    rest = sorted(others.values(), key=lambda mutant: _draw_key(mutant, seed))
    return (*first.values(), *rest[: max(0, most - len(first))])


def mutated_checks(chosen: Iterable[Mutant], checks: Mapping[str, Check]) -> frozenset[str]:
    """The checks with a mutant in their own function."""
    mutated = {(mutant.path, mutant.definition) for mutant in chosen}
    return frozenset(
        name
        for name, check in checks.items()
        if (Path(inspect.getsourcefile(check.function) or ""), check.function.__name__) in mutated
    )


def definitions(source: str) -> Iterator[Definition]:
    """Yields the outermost functions of a source and the methods of its classes."""
    yield from _definitions(ast.parse(source), "")


def _definitions(tree: ast.Module | ast.ClassDef, prefix: str) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            first = min((decorator.lineno for decorator in node.decorator_list), default=node.lineno)
            yield Definition(prefix + node.name, first, node.end_lineno or first)
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")


def _mutant(job: str, spec: MutationSpec, source: str, functions: Sequence[Definition]) -> Mutant:
    at = spec.start_pos[0]
    name = next((function.name for function in functions if function.first <= at <= function.last), MODULE_LEVEL)
    line = source.splitlines()[at - 1].strip()
    return Mutant(job, spec.module_path, spec.operator_name, spec.occurrence, spec.start_pos, spec.end_pos, name, line)


def _skip_reason(spec: MutationSpec, source: str, spans: Sequence[skipped_code.Span]) -> str | None:
    if spec.operator_name == "core/RemoveDecorator" or (
        spec.operator_name.startswith(BINARY) and _is_bare_star(spec, source)
    ):
        return skipped_code.DECLARATION
    if (
        spec.operator_name == "core/ExceptionReplacer"
        and "." in source.splitlines()[spec.start_pos[0] - 1][spec.start_pos[1] : spec.end_pos[1]]
    ):
        return DOTTED_EXCEPTION
    if IDENTITY_OPERATORS.fullmatch(spec.operator_name):
        return IDENTITY_FOR_EQUALITY
    if ORDER_OPERATORS.fullmatch(spec.operator_name) and TEXT.match(
        source.splitlines()[spec.end_pos[0] - 1][spec.end_pos[1] :]
    ):
        return ORDER_OF_TEXTS
    return next((span.reason for span in spans if span.covers(spec.start_pos, spec.end_pos)), None)


def _non_judging_reason(mutant: Mutant) -> str | None:
    """The reason why the mutant's function does not judge; None if it judges."""
    if mutant.path.parent.parent.name != "wireproof":
        return None
    return NON_JUDGING_FUNCTIONS.get(mutant.path.stem, {}).get(mutant.definition)


def _is_bare_star(spec: MutationSpec, source: str) -> bool:
    """True for the star before keyword-only parameters."""
    line, column = spec.start_pos
    return source.splitlines()[line - 1][column:].startswith("*,")


def _draw_key(mutant: Mutant, seed: int) -> float:
    return random.Random(
        f"{seed} {mutant.file} {mutant.definition} {mutant.line} {mutant.start[1]} {mutant.operator}"
    ).random()
