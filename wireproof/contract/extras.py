"""The extras of the package: libraries that only some commands need, so that a gate in CI installs less."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from wireproof.errors import ConfigError

LOAD, GENERATE = "load", "generate"
# Extra → the library whose presence shows that the extra is installed.
LIBRARIES = {LOAD: "locust", GENERATE: "schemathesis"}


@cache
def has_extra(extra: str) -> bool:
    """True if the extra is installed."""
    return find_spec(LIBRARIES[extra]) is not None


def check_extra(extra: str, subject: str) -> None:
    """Raises ConfigError, which tells how to install it, if the extra that the subject needs is not installed."""
    if not has_extra(extra):
        remedy = f"pip install 'wireproof[{extra}]'"
        raise ConfigError(subject, f"it needs the extra {extra!r}, which is not installed", remedy)
