"""Markdown tables, written line by line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()) -> Iterator[str]:
    """Yields the lines of a table whose cells are Markdown.

    Args:
        right: columns that are aligned to the right.
    """
    names = tuple(columns)
    yield _line(names)
    yield "|" + "".join("--:|" if name in right else "---|" for name in names)
    yield from map(_line, rows)


def text_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yields the lines of a table whose cells are texts; only code spans and links keep their meaning."""
    return table(columns, (map(_escape_cell, row) for row in rows))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape_cell(text: str) -> str:
    """Cell text in which pipes, tags and line breaks are neutralized."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
