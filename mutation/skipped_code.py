"""The parts of a module that cannot change a verdict: words for people, annotations, declarations.

A verdict is its outcome, its level and the outcome of each clause. Nearly half of a check is text for its reader: the
expected and the actual value in words. Other words are no other verdict.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wireproof.judging.check import Violation
from wireproof.judging.outcomes import OUTCOME_TABLE

Place = tuple[int, int]

WORDS = "words for people"
ANNOTATION = "an annotation"
DECLARATION = "a declaration: the name of a value or the registration of a check"
GUARD = "zip's `strict`, a guard against our own mistakes"
UNION = "a union of types, where another operator is invalid"

OUTCOME_EXCEPTIONS = (
    "Undecided",
    *(row.raised.__name__ for row in OUTCOME_TABLE if row.raised and row.raised is not Violation),
)
# The parameters that become words only, of the exceptions and findings that every verdict is made of.
WORD_PARAMETERS: Mapping[str, frozenset[str]] = {
    "Violation": frozenset({"expected", "actual", "where"}),
    "Finding": frozenset({"expected", "actual", "where"}),
    **dict.fromkeys(OUTCOME_EXCEPTIONS, frozenset({"reason"})),
}
PARAMETER_ORDER: Mapping[str, tuple[str, ...]] = {
    "Violation": ("expected", "actual"),
    "Finding": ("expected", "actual", "where", "pointer"),
    **dict.fromkeys(OUTCOME_EXCEPTIONS, ("reason",)),
}
# The arguments of the check decorator that affect verdicts.
DECIDING_ARGUMENTS = frozenset({"any_answer", "every_request", "proves_obeyed"})
READ_BY_PYTHON = frozenset({"__all__", "__tracebackhide__", "__slots__"})


@dataclass(frozen=True, slots=True)
class Span:
    """A range of source, and the reason why no mutation in it can change a verdict."""

    start: Place
    end: Place
    reason: str

    def covers(self, start: Place, end: Place) -> bool:
        """True if the other range lies inside."""
        return self.start <= start and end <= self.end


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The word parameters of callables, by name.

    Attributes:
        order: the parameters of each callable, in order.
        word_parameters: those of them that become words only.
    """

    order: dict[str, tuple[str, ...]]
    word_parameters: dict[str, frozenset[str]]

    def word_arguments(self, call: ast.Call) -> Iterator[ast.expr]:
        """Yields the arguments of a call that become words only."""
        name = _name(call.func)
        word_parameters = self.word_parameters.get(name, frozenset())
        yield from (
            argument for argument, at in zip(call.args, self.order.get(name, ()), strict=False) if at in word_parameters
        )
        yield from (keyword.value for keyword in call.keywords if keyword.arg in word_parameters)


def build_vocabulary(sources: Sequence[str], known: Vocabulary | None = None) -> Vocabulary:
    """The vocabulary of the functions in these sources, added to a known one."""
    extended = known or Vocabulary(dict(PARAMETER_ORDER), dict(WORD_PARAMETERS))
    extended = Vocabulary(dict(extended.order), dict(extended.word_parameters))
    functions = [
        node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
    ]
    for function in functions:
        extended.order.setdefault(function.name, tuple(node.arg for node in _parameters(function)))
    has_grown = True
    while has_grown:
        before = dict(extended.word_parameters)
        for function in functions:
            if function.name not in WORD_PARAMETERS:
                extended.word_parameters[function.name] = frozenset(_word_only_parameters(function, extended))
        has_grown = extended.word_parameters != before
    return extended


def find_spans(source: str, vocabulary: Vocabulary) -> tuple[Span, ...]:
    """Every range of a source in which no mutation can change a verdict."""
    lines = source.splitlines()
    local = build_vocabulary([source], vocabulary)
    return tuple(
        Span(_start(node, lines), _end(node, lines), reason)
        for node, reason in _skipped_nodes(ast.parse(source), local)
    )


def _skipped_nodes(tree: ast.Module, vocabulary: Vocabulary) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from ((value, WORDS) for value in _word_expressions(node, vocabulary))
            yield from ((default, WORDS) for default in _word_defaults(node, vocabulary))
            yield from ((parameter.annotation, ANNOTATION) for parameter in _parameters(node) if parameter.annotation)
            if node.returns:
                yield node.returns, ANNOTATION
            yield from (
                (part, DECLARATION) for decorator in node.decorator_list for part in _non_deciding_parts(decorator)
            )
        elif isinstance(node, ast.ClassDef):
            yield from ((decorator, DECLARATION) for decorator in node.decorator_list)
            yield from ((field, DECLARATION) for field in node.body if isinstance(field, ast.AnnAssign | ast.Assign))
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation, ANNOTATION
        elif isinstance(node, ast.Import | ast.ImportFrom) or _is_constant(node):
            yield node, DECLARATION
        elif isinstance(node, ast.Call) and _name(node.func) == "isinstance":
            yield node.args[1], UNION
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            yield node.value, GUARD


def _is_constant(node: ast.AST) -> bool:
    """True if a name is set that Python or pytest reads."""
    return isinstance(node, ast.Assign) and bool({_name(target) for target in node.targets} & READ_BY_PYTHON)


def _non_deciding_parts(decorator: ast.expr) -> Iterator[ast.expr]:
    """Yields the parts of a decorator that do not affect verdicts."""
    if not isinstance(decorator, ast.Call):
        yield decorator
        return
    yield from decorator.args
    yield from (keyword.value for keyword in decorator.keywords if keyword.arg not in DECIDING_ARGUMENTS)


def _word_expressions(function: ast.FunctionDef, vocabulary: Vocabulary) -> list[ast.expr]:
    """The expressions of a function that become words only, with the values of names that are used for nothing else."""
    expressions = [
        node for call in ast.walk(function) if isinstance(call, ast.Call) for node in vocabulary.word_arguments(call)
    ]
    expressions += [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr) and not _is_pointer(node)]
    while True:
        inside = {id(node) for value in expressions for node in ast.walk(value)}
        assigned = [
            value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and len(node.targets) == 1
            for target, value in _assigned_pairs(node.targets[0], node.value)
            if id(value) not in inside
            and isinstance(target, ast.Name)
            and _is_read_only_inside(function, target.id, inside)
        ]
        if not assigned:
            return expressions
        expressions += assigned


def _assigned_pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yields each assigned name with its expression."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _word_only_parameters(function: ast.FunctionDef, vocabulary: Vocabulary) -> Iterator[str]:
    inside = {id(node) for value in _word_expressions(function, vocabulary) for node in ast.walk(value)}
    for parameter in _parameters(function):
        if _is_read_only_inside(function, parameter.arg, inside):
            yield parameter.arg


def _is_read_only_inside(function: ast.FunctionDef, name: str, inside: set[int]) -> bool:
    """True if a name is read, and only inside these nodes."""
    reads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return bool(reads) and all(id(node) in inside for node in reads)


def _word_defaults(function: ast.FunctionDef, vocabulary: Vocabulary) -> Iterator[ast.expr]:
    word_parameters, arguments = vocabulary.word_parameters.get(function.name, frozenset()), function.args
    late = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) :] if arguments.defaults else []
    pairs = [
        *zip(late, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return (default for parameter, default in pairs if default is not None and parameter.arg in word_parameters)


def _is_pointer(text: ast.JoinedStr) -> bool:
    """True if an f-string looks like a JSON Pointer, which attributes a finding to its clause."""
    return any(isinstance(part, ast.Constant) and str(part.value).startswith("/") for part in text.values)


def _parameters(function: ast.FunctionDef) -> tuple[ast.arg, ...]:
    arguments = function.args
    parameters = (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
    return tuple(
        parameter for parameter in parameters if parameter is not None and parameter.arg not in ("self", "cls")
    )


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _start(node: ast.AST, lines: Sequence[str]) -> Place:
    return node.lineno, _column(lines[node.lineno - 1], node.col_offset)  # type: ignore[attr-defined]


def _end(node: ast.AST, lines: Sequence[str]) -> Place:
    return node.end_lineno, _column(lines[node.end_lineno - 1], node.end_col_offset)  # type: ignore[attr-defined]


def _column(line: str, offset: int) -> int:
    """The column of a byte offset: Python counts bytes, cosmic-ray characters."""
    return len(line.encode()[:offset].decode())
