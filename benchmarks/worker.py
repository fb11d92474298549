"""The cost of a worker: memory per stream, CPU per chunk, and reports to the master; for planning large runs."""

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

from benchmarks.chat_request import KEY
from benchmarks.contestants import BIN, command, ours
from benchmarks.figures import Rounds, note
from benchmarks.processes import ROOT, Cell, environment
from benchmarks.servers import cell

# Few enough for one core: unread data would count as memory of the streams.
STREAMS = (100, 350, 600)
JUDGING = {"judged": (), "--no-judge": ("--no-judge",)}
# Numbers of workers of a master: the difference is the cost of the additional reports.
WORKERS = (1, 4)
STREAMS_EACH = 100
# Reports of a worker at the end of a run, in addition to the periodic ones.
FINAL_REPORTS = 2
# `WORKER_REPORT_INTERVAL` of locust, which is not imported because it patches sockets and threads.
REPORT_S = 3.0
# Long enough that the reports cost more CPU time than the distribution of the users.
LEAST_S = 45
READ = 1 << 16


def worker(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Measures one process against the cell `steady`: 64 chunks per stream, 10 ms apart."""
    few, many = STREAMS[0], STREAMS[-1]
    for _ in range(rounds):
        for judging, words in JUDGING.items():
            peaks = {}
            for streams in STREAMS:
                with cell("steady") as served:
                    run, _ = ours(served, True, streams, seconds, words)
                peaks[streams] = run.peak_mb
                note(found, "worker: chunks / CPU-s", f"{streams} streams, {judging}", run.tokens_per_cpu_s)
                note(found, "worker: peak RSS, MB", f"{streams} streams, {judging}", run.peak_mb)
            each_mb = (peaks[many] - peaks[few]) / (many - few)
            note(found, "worker: kB / open stream", judging, each_mb * 1024)
            note(found, "worker: MB without a stream", judging, peaks[few] - few * each_mb)
        _reports(max(seconds, LEAST_S), found)


def _reports(seconds: int, found: Rounds) -> None:
    """Measures the size of a report and the master's CPU time for it."""
    cost = {}
    for workers in WORKERS:
        with cell("steady") as served:
            cost[workers] = _run_master(served, workers, seconds)
    fewest, most = WORKERS
    reports = (most - fewest) * (seconds / REPORT_S + FINAL_REPORTS)
    cpu_s, size = (after - before for before, after in zip(cost[fewest], cost[most], strict=True))
    note(found, "worker: a report to the master", "ms of its CPU", 1000 * cpu_s / reports)
    note(found, "worker: a report to the master", "kB", size / 1000 / reports)


def _run_master(served: Cell, count: int, seconds: int) -> tuple[float, float]:
    """Runs a master with `count` workers; returns its CPU seconds and the bytes that it received from them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bound, (port, counted) = _free_port(), stack.enter_context(_relay())
        counted["to"] = bound
        words = command(served, True, STREAMS_EACH * count, seconds, folder / "summary.json")
        master = psutil.Popen(
            [*words, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(bound),
             "--expect-workers", str(count)],
            cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        join = [str(BIN / "locust"), "-f", "load/locustfile.py", "--worker", "--master-port", str(port)]
        workers = [
            subprocess.Popen(
                join, cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(count)
        ]  # fmt: skip
        cpu_s = 0.0
        while master.poll() is None:
            with contextlib.suppress(psutil.Error):
                times = master.cpu_times()
                cpu_s = max(cpu_s, times.user + times.system)
            time.sleep(0.05)
        for process in workers:
            process.wait(timeout=60)
        return cpu_s, float(counted["bytes"])


@contextlib.contextmanager
def _relay() -> Iterator[tuple[int, dict[str, int]]]:
    """Starts a relay to the master; yields its port and the counter of bytes sent to the master."""
    counted = {"to": 0, "bytes": 0}
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, counted), daemon=True).start()
        yield server.getsockname()[1], counted


def _serve(server: socket.socket, counted: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            from_worker = server.accept()[0]
            try:
                to_master = socket.create_connection(("127.0.0.1", counted["to"]))
            except OSError:  # the master is not listening yet; the worker reconnects
                from_worker.close()
                continue
            threading.Thread(target=_pump, args=(from_worker, to_master, counted), daemon=True).start()
            threading.Thread(target=_pump, args=(to_master, from_worker, None), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, counted: dict[str, int] | None) -> None:
    with contextlib.suppress(OSError), source, sink:
        while part := source.recv(READ):
            sink.sendall(part)
            if counted is not None:
                counted["bytes"] += len(part)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
