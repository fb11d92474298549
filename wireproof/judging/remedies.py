"""The advice of `advice.yaml` on a server that fails a check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wireproof.contract import data_files
from wireproof.formats.yaml_file import read_yaml


@cache
def read_advice() -> Mapping[str, str]:
    """Check id or area → the advice on a server that fails it."""
    advice: Mapping[str, str] = read_yaml(data_files.PACKAGE_FOLDER / "judging" / "advice.yaml")
    return advice


def advice_for(check: str) -> str:
    """The advice on a check; if it has none, the advice on its area; empty for a check that is not of this suite."""
    return read_advice().get(check) or read_advice().get(check.partition(".")[0], "")
