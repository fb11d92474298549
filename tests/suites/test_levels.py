"""No statement of a document has a lower level than a rule that follows only from its claim of compatibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wireproof.contract import loading
from wireproof.contract.clause import LEVELS

FOLDERS = sorted({provider.schemas for provider in loading.load_providers().values()})
STATED = frozenset({"stated", "schema", "example+openai"})
CLAIMED = frozenset({"claim"})


def levels(folder: str, bases: frozenset[str]) -> Iterator[tuple[tuple[object, ...], int, str]]:
    """Yields check with cases and member, level and clause of each judgement on one of these bases."""
    for clause in loading.load_clauses(folder):
        if clause.basis in bases:
            for judgement in clause.judged:
                judged = (judgement.check, *sorted(judgement.case.items()), judgement.at)
                yield judged, LEVELS.index(judgement.level), clause.id


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_stated_promise_has_a_lower_level_than_a_claim(folder: str) -> None:
    claimed = {judged: (level, id) for judged, level, id in sorted(levels(folder, CLAIMED), key=lambda row: row[1])}
    upside_down = [
        (judged, id, claimed[judged][1])
        for judged, level, id in levels(folder, STATED)
        if judged in claimed and level < claimed[judged][0]
    ]
    assert upside_down == []
