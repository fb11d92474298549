"""Where the suites, schemas and contract values are: in a checkout, an editable install or a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wireproof.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def root() -> Path:
    """The folder that holds providers.yaml, schemas/, suites/ and load/."""
    for place in (PACKAGE / "data", PACKAGE.parent):
        if (place / "providers.yaml").is_file() and (place / "suites").is_dir():
            return place
    raise ConfigError(str(PACKAGE), "suites and schemas are not beside this installation", "install wireproof again")
