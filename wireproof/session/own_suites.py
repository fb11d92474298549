"""Sets the own suites of a process: their data, and the faults that they add to the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wireproof.contract import data_files


def use_suites(folders: Sequence[Path]) -> None:
    """Sets the own suites of this process; raises ConfigError for a folder or a file that is none of a suite."""
    before = data_files.own_suites()
    data_files.use_suites(folders)
    if not folders and not before:
        return
    from wireproof.contract import schemas
    from wireproof.formats.yaml_file import read_yaml
    from wireproof.mock.faults import use_own_faults

    groups = []
    for file in filter(Path.is_file, (folder / "faults.yaml" for folder in data_files.own_suites())):
        data = read_yaml(file)
        schemas.check_format(data, "faults", str(file))
        groups += data
    use_own_faults(groups)
