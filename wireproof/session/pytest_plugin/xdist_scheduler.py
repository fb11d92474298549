"""Assigns each target to one xdist worker, which sends all cases of the target.

Workers therefore share neither pace nor budget. The `loadgroup` distribution of xdist rewrites node ids in a way that
pytest 9.2 ignores, so this is a scheduler of scopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps the checks of a target in one worker; any other test is a scope of its own."""

    def __init__(self, config: pytest.Config, log: Any, targets: Iterable[str]) -> None:
        super().__init__(config, log)
        self._targets = sorted(targets, key=len, reverse=True)

    def _split_scope(self, nodeid: str) -> str:
        return find_target(nodeid, self._targets) or nodeid


def find_target(nodeid: str, targets: Iterable[str]) -> str | None:
    """The target in the node id of a check; None for any other test. Targets are tried in the order given."""
    place, bracket, name = nodeid.partition("[")
    if not bracket or "suites/" not in place:
        return None
    return next((target for target in targets if name.startswith(f"{target}-")), None)
