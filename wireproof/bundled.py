"""The bundled mock as a subprocess on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wireproof.errors import WireproofError

# Long enough for a reader to see the events of a stream one by one.
STREAM_GAP = "0.004"


@contextmanager
def mock(providers_file: Path | None = None) -> Iterator[Mapping[str, str]]:
    """Run the mock with control on; gives provider → base URL, and ends it afterwards."""
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--control", "--json", "--leashed"]
    command += ["--gap", STREAM_GAP]
    if providers_file is not None:
        command += ["--providers", str(providers_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise WireproofError(f"the bundled mock did not start (exit code {process.wait()})")
            yield {name: entry["base_url"] for name, entry in json.loads(line)["profiles"].items()}
        finally:
            process.terminate()
