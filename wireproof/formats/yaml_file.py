"""YAML files, read by the safe loader; duplicate keys are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wireproof.errors import ConfigError

SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
YAML_MERGE_TAG = "tag:yaml.org,2002:merge"


class _Loader(SafeLoader):  # type: ignore[misc]
    """YAML's safe loader that rejects a key given twice in one mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if name in seen and key.tag != YAML_MERGE_TAG:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path, display_name: str | None = None) -> Any:
    """The content of one YAML file; raises ConfigError with the line of the problem."""
    name = display_name or str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(name, f"it cannot be read ({reason})", "name a readable YAML file") from None
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "malformed"
        raise ConfigError(f"{name}{line}", f"it is not YAML ({problem})", "correct that line") from None
