"""Local cells for a load run: `wireproof serve --cells N` as a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from wireproof.contract import loading
from wireproof.errors import WireproofError


@dataclass(frozen=True, slots=True)
class CellProcesses:
    """Running cells.

    Attributes:
        hosts: the base URL of each cell for one provider.
    """

    process: subprocess.Popen[str]
    hosts: tuple[str, ...]

    def stop(self) -> None:
        """Ends the cells, responses under way included."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_cells(
    provider: str, count: int, latency: str, providers_file: str | None = None, script: str | None = None
) -> CellProcesses:
    """Starts cells on free ports of this machine; raises WireproofError if they do not start."""
    # An unknown name is told here with the likely one, and not by each cell.
    loading.find_provider(loading.load_providers(Path(providers_file) if providers_file else None), provider)
    command = [sys.executable, "-m", "wireproof", "serve", "--json", "--port", "0", "--provider", provider]
    command += ["--cells", str(count), "--latency", latency]
    if providers_file:
        command += ["--providers", providers_file]
    if script:
        command += ["--script", script]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise WireproofError(f"the local cells did not start (exit code {process.wait()})")
    return CellProcesses(process, tuple(cell["profiles"][provider]["base_url"] for cell in json.loads(line)["cells"]))


def cell_control_url(host: str) -> str:
    """The URL at which the cell of a host reports its state and its counts, and accepts another state."""
    return urljoin(host, "/_wireproof/cell")
