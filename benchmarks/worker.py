"""What a worker costs: memory by stream, CPU by chunk, and its reports to the master; for plans of many streams."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.asked import KEY
from benchmarks.contestants import BIN, command, ours
from benchmarks.figures import Rounds, note
from benchmarks.processes import ROOT, Cell, environment
from benchmarks.servers import cell

# A core bears them all: what waits to be read would be counted as a stream's memory.
STREAMS = (100, 350, 600)
JUDGING = {"judged": (), "--no-judge": ("--no-judge",)}
# A master of one and of several: the difference is what the reports of the others cost it.
CREWS = (1, 4)
STREAMS_EACH = 100
# Reports of a worker beside those of the interval: that it is over, and the last.
CLOSING = 2
# `WORKER_REPORT_INTERVAL` of locust, which is not imported: it would put its own sockets and threads under the mock.
REPORT_S = 3.0
# So long that the reports cost more ticks of the clock of CPU time than giving out the users does.
LEAST_S = 45
READ = 1 << 16


def worker(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """One process against `steady`: 64 chunks a stream, 10 ms apart."""
    few, many = STREAMS[0], STREAMS[-1]
    for _ in range(rounds):
        for judging, words in JUDGING.items():
            peaks = {}
            for streams in STREAMS:
                with cell("steady") as served:
                    made, _ = ours(served, True, streams, seconds, words)
                peaks[streams] = made.peak_mb
                note(found, "worker: chunks / CPU-s", f"{streams} streams, {judging}", made.tokens_per_cpu_s)
                note(found, "worker: peak RSS, MB", f"{streams} streams, {judging}", made.peak_mb)
            each_mb = (peaks[many] - peaks[few]) / (many - few)
            note(found, "worker: kB / open stream", judging, each_mb * 1024)
            note(found, "worker: MB without a stream", judging, peaks[few] - few * each_mb)
        _reports(max(seconds, LEAST_S), found)


def _reports(seconds: int, found: Rounds) -> None:
    """A report to the master: its bytes, and the master's CPU for it."""
    cost = {}
    for crew in CREWS:
        with cell("steady") as served:
            cost[crew] = _mastered(served, crew, seconds)
    fewest, most = CREWS
    each = seconds / REPORT_S + CLOSING
    cpu_s, told = (after - before for before, after in zip(cost[fewest], cost[most], strict=True))
    note(found, "worker: a report to the master", "ms of its CPU", 1000 * cpu_s / (most - fewest) / each)
    note(found, "worker: a report to the master", "kB", told / 1000 / (most - fewest) / each)


def _mastered(served: Cell, crew: int, seconds: int) -> tuple[float, float]:
    """CPU seconds of a master with so many workers, and the bytes that they sent it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bound, (port, counted) = _free_port(), stack.enter_context(_relay())
        counted["to"] = bound
        words = command(served, True, STREAMS_EACH * crew, seconds, folder / "summary.json")
        master = psutil.Popen(
            [*words, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(bound),
             "--expect-workers", str(crew)],
            cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        join = [str(BIN / "locust"), "-f", "load/locustfile.py", "--worker", "--master-port", str(port)]
        workers = [
            subprocess.Popen(
                join, cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(crew)
        ]  # fmt: skip
        spent = 0.0
        while master.poll() is None:
            with contextlib.suppress(psutil.Error):
                times = master.cpu_times()
                spent = max(spent, times.user + times.system)
            time.sleep(0.05)
        for one in workers:
            one.wait(timeout=60)
        return spent, float(counted["bytes"])


@contextlib.contextmanager
def _relay() -> Iterator[tuple[int, dict[str, int]]]:
    """A port before the master's, and the bytes that went through it to the master."""
    counted = {"to": 0, "bytes": 0}
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, counted), daemon=True).start()
        yield server.getsockname()[1], counted


def _serve(server: socket.socket, counted: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            theirs = server.accept()[0]
            try:
                ours = socket.create_connection(("127.0.0.1", counted["to"]))
            except OSError:  # the master is not up yet: the worker comes again
                theirs.close()
                continue
            threading.Thread(target=_pump, args=(theirs, ours, counted), daemon=True).start()
            threading.Thread(target=_pump, args=(ours, theirs, None), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, counted: dict[str, int] | None) -> None:
    with contextlib.suppress(OSError), source, sink:
        while part := source.recv(READ):
            sink.sendall(part)
            if counted is not None:
                counted["bytes"] += len(part)


def _free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        port: int = plug.getsockname()[1]
        return port
