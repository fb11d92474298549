"""Under xdist a target belongs to one worker, which sends all of that target's cases.

So pace and budget need no sharing. xdist's own `loadgroup` says the same with a mark, but rewrites node ids in a
way that pytest 9.2 ignores; a scheduler of scopes needs neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps the checks of a target together; any other test goes wherever there is room."""

    def __init__(self, config: pytest.Config, log: Any, targets: Iterable[str]) -> None:
        super().__init__(config, log)
        self._targets = sorted(targets, key=len, reverse=True)

    def _split_scope(self, nodeid: str) -> str:
        return find_target(nodeid, self._targets) or nodeid


def find_target(nodeid: str, targets: Iterable[str]) -> str | None:
    """The target of a check's node id; None for another test. Longer names go first."""
    place, bracket, name = nodeid.partition("[")
    if not bracket or "suites/" not in place:
        return None
    return next((target for target in targets if name.startswith(f"{target}-")), None)
