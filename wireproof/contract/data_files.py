"""Where the suites, schemas and contract values are: in a checkout, an editable install or a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wireproof.errors import ConfigError

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]


@cache
def root() -> Path:
    """The folder that holds providers.yaml, schemas/, suites/ and load/."""
    for place in (PACKAGE_FOLDER / "data", PACKAGE_FOLDER.parent):
        if (place / "providers.yaml").is_file() and (place / "suites").is_dir():
            return place
    raise ConfigError(
        str(PACKAGE_FOLDER), "suites and schemas are not beside this installation", "install wireproof again"
    )
