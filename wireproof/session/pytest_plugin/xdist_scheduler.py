"""Assigns each target to one xdist worker, which sends all cases of the target.

Workers therefore share neither pace nor budget, whatever the distribution of the other tests is. The `loadgroup`
distribution of xdist rewrites node ids in a way that pytest 9.2 ignores, so this is a scheduler of scopes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# `each` sends everything once for each worker, which is what it asks for.
SCOPES_OF_OTHER_TESTS: dict[str, Callable[[str], str]] = {
    "load": lambda nodeid: nodeid,
    "loadgroup": lambda nodeid: nodeid,
    "worksteal": lambda nodeid: nodeid,
    "loadfile": lambda nodeid: nodeid.partition("::")[0],
    "loadscope": lambda nodeid: nodeid.rpartition("::")[0],
}


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps the checks of a target in one worker; other tests are distributed as the option `--dist` says."""

    def __init__(self, config: pytest.Config, log: Any, targets: Iterable[str]) -> None:
        super().__init__(config, log)
        self._targets = sorted(targets, key=len, reverse=True)
        self._scope_of_others = SCOPES_OF_OTHER_TESTS[config.option.dist]

    def _split_scope(self, nodeid: str) -> str:
        return find_target(nodeid, self._targets) or self._scope_of_others(nodeid)


def find_target(nodeid: str, targets: Iterable[str]) -> str | None:
    """The target in the node id of a check; None for any other test. Targets are tried in the order given.

    The path says nothing: it depends on the folder in which pytest was started.
    """
    _, bracket, name = nodeid.partition("[")
    return next((target for target in targets if bracket and name.startswith(f"{target}-")), None)
