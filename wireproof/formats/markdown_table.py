"""Markdown tables, written line by line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines of a table, whose cells are Markdown already.

    Args:
        right: the columns that are aligned to the right.
    """
    names = tuple(columns)
    yield _line(names)
    yield "|" + "".join("--:|" if name in right else "---|" for name in names)
    yield from map(_line, rows)


def text_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table whose cells are texts; code spans and links count in them, other markup does not."""
    return table(columns, (map(_contained, row) for row in rows))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _contained(text: str) -> str:
    """Text that stays inside its cell, whatever it holds."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
