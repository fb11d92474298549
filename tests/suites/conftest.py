"""The judgement of an answer that is written by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from wireproof.judging.suite_loader import load_checks

AssertJudged = Callable[[str, Mapping[str, Any], type[Exception] | None], None]


@pytest.fixture(name="assert_judged", scope="session")
def _assert_judged() -> AssertJudged:
    """Asserts the outcome of a check on arguments: the exception that it raises, or None if the requirement holds."""
    checks = load_checks()

    def assert_judged(check: str, arguments: Mapping[str, Any], outcome: type[Exception] | None) -> None:
        judge = checks[check].function
        # A suite that is loaded again replaces the functions that it registered first.
        judge = getattr(sys.modules[judge.__module__], judge.__name__)
        if outcome is None:
            judge(**arguments)
        else:
            with pytest.raises(outcome):
                judge(**arguments)

    return assert_judged
