"""What of a module cannot change a verdict, by rule: words for people, annotations, declarations.

A verdict is its outcome, its level and what each clause comes to. Nearly half of a check is words that say what
was expected and what came; another word there is no other judgement.
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
DECLARATION = "a declaration: how a value or a check is made known, not how it is judged"
GUARD = "a guard against a mistake of ours, zip's `strict`"
UNION = "a union of types, where another operator is no program"

SIGNALS = ("Undecided", *(one.raised.__name__ for one in OUTCOME_TABLE if one.raised and one.raised is not Violation))
# The parameters that only become words, of the callables that everything else is told through.
TOLD: Mapping[str, frozenset[str]] = {
    "Violation": frozenset({"expected", "actual", "where"}),
    "Finding": frozenset({"expected", "actual", "where"}),
    **dict.fromkeys(SIGNALS, frozenset({"reason"})),
}
ORDER: Mapping[str, tuple[str, ...]] = {
    "Violation": ("expected", "actual"),
    "Finding": ("expected", "actual", "where", "pointer"),
    **dict.fromkeys(SIGNALS, ("reason",)),
}
# What a check's own decorator says that does decide something.
DECIDING = frozenset({"any_answer", "honours"})
CONSTANTS = frozenset({"__all__", "__tracebackhide__", "__slots__"})


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source, from a place up to another, and why no mutation in it can matter."""

    start: Place
    end: Place
    reason: str

    def covers(self, start: Place, end: Place) -> bool:
        """Whether a stretch lies inside."""
        return self.start <= start and end <= self.end


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Callable → its parameters in order, and those of them that only become words."""

    order: dict[str, tuple[str, ...]]
    told: dict[str, frozenset[str]]

    def words_of(self, call: ast.Call) -> Iterator[ast.expr]:
        """The arguments of a call that only become words."""
        name = _name(call.func)
        told = self.told.get(name, frozenset())
        yield from (given for given, at in zip(call.args, self.order.get(name, ()), strict=False) if at in told)
        yield from (keyword.value for keyword in call.keywords if keyword.arg in told)


def vocabulary(sources: Sequence[str], known: Vocabulary | None = None) -> Vocabulary:
    """Which parameters only become words, of the functions in these sources and of those known before."""
    found = known or Vocabulary(dict(ORDER), dict(TOLD))
    found = Vocabulary(dict(found.order), dict(found.told))
    functions = [
        node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
    ]
    for function in functions:
        found.order.setdefault(function.name, tuple(one.arg for one in _parameters(function)))
    grown = True
    while grown:
        before = dict(found.told)
        for function in functions:
            if function.name not in TOLD:
                found.told[function.name] = frozenset(_only_words(function, found))
        grown = found.told != before
    return found


def spans(source: str, known: Vocabulary) -> tuple[Span, ...]:
    """Every stretch of a source in which no mutation can change a verdict."""
    lines = source.splitlines()
    local = vocabulary([source], known)
    return tuple(
        Span(_start(node, lines), _end(node, lines), reason) for node, reason in _untold(ast.parse(source), local)
    )


def _untold(tree: ast.Module, known: Vocabulary) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from ((value, WORDS) for value in _words(node, known))
            yield from ((one, WORDS) for one in _told_defaults(node, known))
            yield from ((one.annotation, ANNOTATION) for one in _parameters(node) if one.annotation)
            if node.returns:
                yield node.returns, ANNOTATION
            yield from ((one, DECLARATION) for decorator in node.decorator_list for one in _declared(decorator))
        elif isinstance(node, ast.ClassDef):
            yield from ((one, DECLARATION) for one in node.decorator_list)
            yield from ((one, DECLARATION) for one in node.body if isinstance(one, ast.AnnAssign | ast.Assign))
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation, ANNOTATION
        elif isinstance(node, ast.Import | ast.ImportFrom) or _is_constant(node):
            yield node, DECLARATION
        elif isinstance(node, ast.Call) and _name(node.func) == "isinstance":
            yield node.args[1], UNION
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            yield node.value, GUARD


def _is_constant(node: ast.AST) -> bool:
    """Whether a name is set that Python or pytest reads."""
    return isinstance(node, ast.Assign) and bool({_name(target) for target in node.targets} & CONSTANTS)


def _declared(decorator: ast.expr) -> Iterator[ast.expr]:
    """What of a decorator decides nothing."""
    if not isinstance(decorator, ast.Call):
        yield decorator
        return
    yield from decorator.args
    yield from (one.value for one in decorator.keywords if one.arg not in DECIDING)


def _words(function: ast.FunctionDef, known: Vocabulary) -> list[ast.expr]:
    """The expressions of a function that only become words, those of names that are used for nothing else too."""
    found = [one for call in ast.walk(function) if isinstance(call, ast.Call) for one in known.words_of(call)]
    found += [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr) and not _is_pointer(node)]
    while True:
        inside = {id(node) for value in found for node in ast.walk(value)}
        named = [
            value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and len(node.targets) == 1
            for target, value in _pairs(node.targets[0], node.value)
            if id(value) not in inside and isinstance(target, ast.Name) and _only_in(function, target.id, inside)
        ]
        if not named:
            return found
        found += named


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each name with the expression that it is set to."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _only_words(function: ast.FunctionDef, known: Vocabulary) -> Iterator[str]:
    inside = {id(node) for value in _words(function, known) for node in ast.walk(value)}
    for parameter in _parameters(function):
        if _only_in(function, parameter.arg, inside):
            yield parameter.arg


def _only_in(function: ast.FunctionDef, name: str, inside: set[int]) -> bool:
    """Whether a name is read, and nowhere but inside."""
    reads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return bool(reads) and all(id(node) in inside for node in reads)


def _told_defaults(function: ast.FunctionDef, known: Vocabulary) -> Iterator[ast.expr]:
    told, given = known.told.get(function.name, frozenset()), function.args
    late = [*given.posonlyargs, *given.args][-len(given.defaults) :] if given.defaults else []
    pairs = [*zip(late, given.defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return (default for parameter, default in pairs if default is not None and parameter.arg in told)


def _is_pointer(text: ast.JoinedStr) -> bool:
    """Whether a text with holes in it looks like a JSON Pointer, which attributes a finding to its clause."""
    return any(isinstance(one, ast.Constant) and str(one.value).startswith("/") for one in text.values)


def _parameters(function: ast.FunctionDef) -> tuple[ast.arg, ...]:
    given = function.args
    named = (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg)
    return tuple(one for one in named if one is not None and one.arg not in ("self", "cls"))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _start(node: ast.AST, lines: Sequence[str]) -> Place:
    return node.lineno, _column(lines[node.lineno - 1], node.col_offset)  # type: ignore[attr-defined]


def _end(node: ast.AST, lines: Sequence[str]) -> Place:
    return node.end_lineno, _column(lines[node.end_lineno - 1], node.end_col_offset)  # type: ignore[attr-defined]


def _column(line: str, offset: int) -> int:
    """The column of a byte offset: Python counts bytes, cosmic-ray characters."""
    return len(line.encode()[:offset].decode())
