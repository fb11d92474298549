"""The command `python -m benchmarks NAME`."""

from __future__ import annotations

import sys

from benchmarks import connections, generated, load, main_job

RUNS = {
    "load": load.main,
    "main-job": main_job.main,
    "prove": main_job.prove,
    "generated": generated.main,
    "connections": connections.main,
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in RUNS:
        sys.exit(RUNS[sys.argv[1]](sys.argv[2:]))
    sys.exit(f"usage: python -m benchmarks {{{','.join(RUNS)}}} [options]")
