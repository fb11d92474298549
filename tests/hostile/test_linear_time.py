"""Work on a text of a server, which grows in proportion to the length of the text.

Each runs alone in a process whose CPU time is bounded far above what it needs, and far below what it would need if
the work grew with the square of the length.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.hostile.conftest import limit

ROOT = Path(__file__).parents[2]
MOST_CPU_S = 30
INTERNALS = """
import re
from suites.errors.test_body import INTERNALS
for pattern in INTERNALS.values():
    list(re.finditer(pattern, text, re.I | re.M))
"""
READERS = {
    "quoted line": r"""
from wireproof.evidence.redactor import Redactor
Redactor.from_secrets(["a-secret-of-some-length"]).mask_parts([b'data: "' + b'\\"' * 400_000])
""",
    "lines": "text = '\\n' * 400_000" + INTERNALS,
    "underscores": "text = '_' * 400_000" + INTERNALS,
    "paths": "text = '-/usr/' * 100_000" + INTERNALS,
    "tokens": "text = 'eyJ-' * 100_000" + INTERNALS,
    "digits of a duration": r"""
from wireproof.formats.durations import duration_s
assert duration_s("9" * 400_000) is None
""",
    "tags": r"""
from suites.reasoning.test_chat import _tagged_thought
assert _tagged_thought("<think>" * 100_000) is None
""",
    "digits of a cue": r"""
from suites.transcriptions.test_transcript import CUE
assert CUE.search("1" * 400_000) is None
""",
    "small reads": r"""
from wireproof.load.engine.sse_frames import EventSplitter
splitter = EventSplitter()
splitter.feed(b"data: ")
for _ in range(200_000):
    splitter.feed(b"a" * 100)
assert len(splitter.feed(b"\n\n")[0]) == 20_000_000
""",
}


@pytest.mark.parametrize("name", READERS)
def test_work_grows_with_length(name: str) -> None:
    """A long text of the worst form is read within the bound."""
    done = subprocess.run(
        [sys.executable, "-c", READERS[name]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=partial(limit, resource.RLIMIT_CPU, MOST_CPU_S),
    )
    assert done.returncode == 0, done.stderr[-500:]
