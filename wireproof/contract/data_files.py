"""Location of suites, schemas and contract values: in a checkout, an editable install or a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wireproof.errors import ConfigError

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]


@cache
def root() -> Path:
    """The folder with providers.yaml, schemas/, suites/ and load/; raises ConfigError if there is none."""
    for place in (PACKAGE_FOLDER / "data", PACKAGE_FOLDER.parent):
        if (place / "providers.yaml").is_file() and (place / "suites").is_dir():
            return place
    raise ConfigError(str(PACKAGE_FOLDER), "the installation has no suites and schemas", "install wireproof again")
