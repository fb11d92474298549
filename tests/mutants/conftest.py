"""Makes the package `mutation` importable: it is beside `tests` and is not installed.

pytest has registered this folder as a module of the same name, which would hide the package.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
sys.modules.pop("mutation", None)
import_module("mutation")
