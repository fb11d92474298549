"""The page of request members: field by provider, and the checks that show each to be obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wireproof.formats.markdown_table import table
from wireproof.judging.member_coverage import MemberCoverage

STATE_MARKS = {"proved": "●", "proved by OpenAI's": "○", "unproved": "·", "gap": "**gap**"}
PAGE_HEAD = """# Request fields: what shows that each is obeyed

Accepted is not honoured. For each member of each request this page names the checks on whose cases an answer can only
be right if the member was obeyed; a member that is accepted and has no effect fails them, and the verdict names it in
`ignored`. A refusal of an optional one counts as `not-offered`. Made by `wireproof fields --write docs/fields.md`.

● shown by the provider's own index · ○ shown in OpenAI's column · `·` taken, and no answer shows whether it is obeyed,
for the reason given · empty: no member of that provider's requests
"""


def request_fields_markdown(found: Sequence[MemberCoverage], providers: Sequence[str]) -> str:
    """The page, one table an endpoint."""
    endpoints = dict.fromkeys(field.endpoint for field in found)
    sections = (_section([f for f in found if f.endpoint == one], one, providers) for one in endpoints)
    return "\n".join([PAGE_HEAD, *sections])


def _section(found: Sequence[MemberCoverage], endpoint: str, providers: Sequence[str]) -> str:
    """The members of one endpoint's requests."""
    having = [name for name in providers if any(field.provider == name for field in found)]
    return "\n".join([f"## {endpoint}", "", *table(("field", *having, "shown by"), _rows(found, having)), ""])


def _rows(found: Sequence[MemberCoverage], having: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys(field.name for field in found):
        of = {field.provider: field for field in found if field.name == name}
        marks = [STATE_MARKS[of[one].state] if one in of else "" for one in having]
        checks = sorted({check for field in of.values() for check in (*field.checks, *field.by_openai)})
        shown = ", ".join(f"`{check}`" for check in checks) or next(iter(of.values())).reason
        yield f"`{name}`", *marks, shown
