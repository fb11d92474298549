"""Markdown tables keep their columns whatever text their cells have."""

from __future__ import annotations

from wireproof.formats.markdown_table import table, text_table


def test_a_table_has_a_line_for_its_columns_and_one_a_row() -> None:
    assert list(table(("name", "n"), [("`a`", "1"), ("", "2")], right={"n"})) == [
        "| name | n |",
        "|---|--:|",
        "| `a` | 1 |",
        "|  | 2 |",
    ]


def test_markup_in_a_text_stays_inside_its_cell() -> None:
    assert list(text_table(("says",), [("a|b\n<script> `c|d`",)]))[-1] == "| a\\|b &lt;script> `c\\|d` |"
