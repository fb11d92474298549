"""The page docs/fields.md: each request member by provider, with the checks that prove it to be obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wireproof.formats.markdown_table import table
from wireproof.judging.member_coverage import MemberCoverage

STATE_MARKS = {"proved": "●", "proved by OpenAI's": "○", "unproved": "·", "gap": "**gap**"}
PAGE_HEAD = """# Request fields: the checks that prove each to be obeyed

A server may accept a member and ignore it. For each member of each request this page names the checks that pass only
if the member is obeyed. If it is ignored, they fail, and the verdict names it in `ignored`. A refusal of an optional
member counts as `not-offered`. Made by `wireproof fields --write docs/fields.md`.

● proved by the provider's own clauses · ○ proved by OpenAI's clauses · `·` no response proves it, for the reason in the
last column · empty: no member of that provider's requests
"""


def request_fields_markdown(fields: Sequence[MemberCoverage], providers: Sequence[str]) -> str:
    """The Markdown page, with one table for each endpoint."""
    endpoints = dict.fromkeys(field.endpoint for field in fields)
    sections = (
        _section([field for field in fields if field.endpoint == endpoint], endpoint, providers)
        for endpoint in endpoints
    )
    return "\n".join([PAGE_HEAD, *sections])


def _section(fields: Sequence[MemberCoverage], endpoint: str, providers: Sequence[str]) -> str:
    """The section of one endpoint, with a column for each provider that has it."""
    columns = [name for name in providers if any(field.provider == name for field in fields)]
    return "\n".join([f"## {endpoint}", "", *table(("field", *columns, "proved by"), _rows(fields, columns)), ""])


def _rows(fields: Sequence[MemberCoverage], columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys(field.name for field in fields):
        by_provider = {field.provider: field for field in fields if field.name == name}
        marks = [STATE_MARKS[by_provider[column].state] if column in by_provider else "" for column in columns]
        checks = sorted({check for field in by_provider.values() for check in (*field.checks, *field.by_openai)})
        proof = ", ".join(f"`{check}`" for check in checks) or next(iter(by_provider.values())).reason
        yield f"`{name}`", *marks, proof
