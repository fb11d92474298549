"""The page of the pairs of features: each with the cases in which it shows, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wireproof.contract.feature_pairs import FEATURES_FILE, PairCoverage
from wireproof.formats.markdown_table import table

PAIR_PAGE_HEAD = f"""# Pairs of features

A server may serve each of two features and fail where a request has both. For each pair this page names the cases in
which it shows, or the reason why no request has both. A pair shows if no third feature hides one of the two, as a tool
call hides a stop text. [{FEATURES_FILE}](../../{FEATURES_FILE}) describes the features, and
[pairs.md](pairs.md) shows the cases. Made by `wireproof cases --write docs/cases`.
"""
# The number of cases that are named for a pair.
MAX_NAMED = 2


def pair_page(coverage: Sequence[PairCoverage]) -> str:
    """The Markdown page, with one table for each endpoint."""
    endpoints = dict.fromkeys(one.endpoint for one in coverage)
    return "\n".join([PAIR_PAGE_HEAD, *(_section(endpoint, coverage) for endpoint in endpoints)])


def _section(endpoint: str, coverage: Sequence[PairCoverage]) -> str:
    rows = [one for one in coverage if one.endpoint == endpoint and (one.cases or one.reason)]
    covered = sum(bool(one.all_cases) for one in rows)
    heading = f"**{endpoint}: {covered} pairs with cases, {len(rows) - covered} with a reason**"
    return "\n".join([heading, "", *table(("features", "contracts", "cases, or the reason"), map(_row, rows)), ""])


def _row(one: PairCoverage) -> Iterator[str]:
    yield f"`{one.pair[0]}` + `{one.pair[1]}`"
    yield "" if one.reason else str(len(one.cases))
    named = one.all_cases
    more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    yield one.reason or ", ".join(f"[{name}](pairs.md#{name})" for name in named[:MAX_NAMED]) + more
