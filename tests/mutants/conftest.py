"""Makes the package `mutation` importable: it is beside `tests` and is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
