"""Operators beside cosmic-ray's own, for what checks are made of: expectations, texts, conditions of comprehensions.

cosmic-ray changes operators, numbers and keywords; a check that says `expect.equal(found, wanted, at="/id")` has none.
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
    """A call or a raise that stands as a statement is not made."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "simple_stmt" and _acts(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = _code(node.children[0], "pass")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("that(x)\n", "pass\n"), Example("if x:\n    raise Broken(x)\n", "if x:\n    pass\n")


class ReplaceText(Operator):
    """A text that says something says something else."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, String) and not _stands_alone(node) and not EMPTY.fullmatch(node.value):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return _code(node, 'b"mutant"' if "b" in node.string_prefix.lower() else '"mutant"')

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example('x = "id"', 'x = "mutant"'), Example('x = b"id"', 'x = b"mutant"')


class NegateMembership(Operator):
    """`in` is `not in`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "comparison":
            for operator in node.children[1::2]:
                if _word(operator) in ("in", "not in"):
                    yield operator.start_pos, operator.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        places = [at for at in range(1, len(node.children), 2) if _word(node.children[at]) in ("in", "not in")]
        operator = node.children[places[index]]
        node.children[places[index]] = _code(operator, "not in" if _word(operator) == "in" else "in")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("x in y", "x not in y"), Example("x not in y", "x in y")


class DropCondition(Operator):
    """A comprehension takes everything."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, PythonNode) and node.type == "comp_if":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = _code(node.children[1], "True")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("[x for x in y if x]", "[x for x in y if True]"),)


class SwapQuantifier(Operator):
    """`any` is `all` and `min` is `max`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        called = isinstance(node, Name) and node.parent.type in ("atom_expr", "power")
        if called and node.value in OPPOSITE and node.parent.children[0] is node:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return _code(node, OPPOSITE[node.value])

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("any(x)", "all(x)"), Example("max(x)", "min(x)")


OPERATORS = {one.__name__: one for one in (DropStatement, ReplaceText, NegateMembership, DropCondition, SwapQuantifier)}


def register() -> None:
    """Add these operators to those that cosmic-ray knows."""
    cosmic_ray.plugins.OPERATOR_PROVIDERS[PROVIDER] = OPERATORS


def _acts(node: Any) -> bool:
    """Whether a statement calls or raises, so that leaving it out may be noticed."""
    return node.type in ("atom_expr", "power") or node.get_first_leaf().value == "raise"


def _stands_alone(node: Any) -> bool:
    """Whether a text is a statement of its own: a docstring."""
    return bool(node.parent.type == "simple_stmt")


def _word(node: Any) -> str:
    return " ".join(node.get_code().split())


def _code(instead_of: Any, code: str) -> Any:
    """A piece of code in place of a node, with what stood before that."""
    return parso.parse(instead_of.get_first_leaf().prefix + code)
