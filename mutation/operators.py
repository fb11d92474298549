"""Operators beside cosmic-ray's own, for the parts of a check: expectations, texts, conditions of comprehensions.

cosmic-ray changes operators, numbers and keywords; a check such as `expect.equal(found, wanted, at="/id")` has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cosmic_ray.plugins
import parso
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Name, PythonNode, String

Position = tuple[tuple[int, int], tuple[int, int]]

PROVIDER = "judges"
EMPTY = re.compile("""[bru]*(""|'')""", re.IGNORECASE)
OPPOSITE = {"any": "all", "all": "any", "min": "max", "max": "min"}


class DropStatement(Operator):
    """Removes a call or a raise that is a statement."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "simple_stmt" and _calls_or_raises(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = _parse_code(node.children[0], "pass")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("that(x)\n", "pass\n"), Example("if x:\n    raise Broken(x)\n", "if x:\n    pass\n")


class ReplaceText(Operator):
    """Replaces a text by another."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, String) and not _is_docstring(node) and not EMPTY.fullmatch(node.value):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return _parse_code(node, 'b"mutant"' if "b" in node.string_prefix.lower() else '"mutant"')

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example('x = "id"', 'x = "mutant"'), Example('x = b"id"', 'x = b"mutant"')


class NegateMembership(Operator):
    """Turns `in` into `not in`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "comparison":
            for operator in node.children[1::2]:
                if _operator_text(operator) in ("in", "not in"):
                    yield operator.start_pos, operator.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        places = [at for at in range(1, len(node.children), 2) if _operator_text(node.children[at]) in ("in", "not in")]
        operator = node.children[places[index]]
        node.children[places[index]] = _parse_code(operator, "not in" if _operator_text(operator) == "in" else "in")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("x in y", "x not in y"), Example("x not in y", "x in y")


class DropCondition(Operator):
    """Removes the condition of a comprehension."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "comp_if":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = _parse_code(node.children[1], "True")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("[x for x in y if x]", "[x for x in y if True]"),)


class SwapQuantifier(Operator):
    """Turns `any` into `all` and `min` into `max`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        called = isinstance(node, Name) and node.parent.type in ("atom_expr", "power")
        if called and node.value in OPPOSITE and node.parent.children[0] is node:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return _parse_code(node, OPPOSITE[node.value])

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("any(x)", "all(x)"), Example("max(x)", "min(x)")


OPERATORS = {
    operator.__name__: operator
    for operator in (DropStatement, ReplaceText, NegateMembership, DropCondition, SwapQuantifier)
}


def register() -> None:
    """Adds these operators to those that cosmic-ray knows."""
    cosmic_ray.plugins.OPERATOR_PROVIDERS[PROVIDER] = OPERATORS


def _calls_or_raises(node: Any) -> bool:
    """True if a statement calls or raises, so that its removal may be noticed."""
    return node.type in ("atom_expr", "power") or node.get_first_leaf().value == "raise"


def _is_docstring(node: Any) -> bool:
    """True if a text is a statement of its own."""
    return bool(node.parent.type == "simple_stmt")


def _operator_text(node: Any) -> str:
    return " ".join(node.get_code().split())


def _parse_code(replaced: Any, code: str) -> Any:
    """A piece of code in place of a node, with the whitespace before the node."""
    return parso.parse(replaced.get_first_leaf().prefix + code)
