"""Runs commands in forks of a process that has done their imports, which saves half the CPU time of a command.

Its arguments are the library to import besides wireproof (pytest and locust never share a process; "mock" is the
reference server alone) and the descriptor of a Unix socket. Each message on the socket is a command as JSON: its words
after `python -m`, its folder, its environment. With it come the descriptors for its standard output, its standard error
and its state, which is two lines: its process id when it has started, its exit code when it has ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

# Taken before locust replaces them by those of gevent.
fork, waitpid, close = os.fork, os.waitpid, os.close
plain_socket, receive_fds = socket.socket, socket.recv_fds
MAX_MESSAGE_BYTES = 1_000_000
# wireproof.plugin is left to pytest, which waits for its first import.
IMPORTED = {
    "pytest": (
        "pytest", "wireproof.session.run", "wireproof.report.write_files", "wireproof.report.docs.clause_pages",
        "wireproof.session.pytest_plugin.progress", "anyio.pytest_plugin", "anyio._backends._asyncio",
        "rich.table", "rich.live", "jsonschema", "xdist.plugin", "xdist.scheduler", "hypothesis.stateful", "httpx",
    ),
    "locust": ("locust.main", "wireproof.load.engine.locust_events", "jsonschema", "ddsketch"),
    "mock": ("wireproof.cli.serve", "wireproof.cli.cell_processes", "wireproof.mock.server", "wireproof.mock.http.tls",
             "wireproof.mock.cells.latency", "wireproof.mock.cells.outage_script"),
}  # fmt: skip


def warm(library: str) -> None:
    """Imports and reads all that a run needs."""
    for name in IMPORTED[library]:
        importlib.import_module(name)
    from wireproof.cli.main import build_parser
    from wireproof.contract import loading

    build_parser()
    loading.read_providers_data(None)
    if library != "mock":
        warm_judging(library)
    for module in [one for one in sys.modules.values() if type(one) is ModuleType]:
        # pytest cannot rewrite modules that are imported already, and would warn.
        module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def warm_judging(library: str) -> None:
    """Reads the contracts and the checks; for pytest also what a session caches."""
    from wireproof.contract import loading, target_options
    from wireproof.judging.suite_loader import load_checks

    known, checks = loading.load_providers(), load_checks()
    loading.load_cases()
    if library == "pytest":
        from wireproof.client import http_client
        from wireproof.session.target_run import open_target_run

        http_client._trusted_authorities()
        for target in target_options.mock_targets():
            open_target_run(target, known, checks)


def renew_event_loop() -> None:
    """Gives the child of a process with locust an event loop of its own, with the present time."""
    if "gevent" in sys.modules:
        import gevent

        gevent.reinit()
        gevent.get_hub().loop.update_now()


def run_command(command: Mapping[str, Any], outputs: Sequence[int]) -> None:
    """Turns this process into the command, as if Python had just started."""
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["env"])
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), *outputs)):
        os.dup2(descriptor, number)
        # The reader of an output waits until every copy of its descriptor is closed.
        close(descriptor)
    sys.path[0] = command["cwd"]
    sys.path[1:1] = [folder for folder in command["env"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    module, *words = command["words"]
    sys.argv = ["", *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def watch_command(child: int, state: int) -> None:
    """Writes the state of a child process, and ends this process when it has ended."""
    os.write(state, f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(state, f"{code}\n".encode())
    os._exit(0)


def main() -> None:
    """Forks for each command, and reaps ended forks, so that their CPU time counts as that of this process."""
    library, descriptor = sys.argv[1:]
    commands = plain_socket(fileno=int(descriptor))
    warm(library)
    while True:
        message, descriptors, _, _ = receive_fds(commands, MAX_MESSAGE_BYTES, 3)
        if not message:
            break
        while not message.endswith(b"\n"):
            message += commands.recv(MAX_MESSAGE_BYTES)
        *outputs, state = descriptors
        if fork() == 0:
            commands.close()
            child = fork()
            if child == 0:
                close(state)
                os.setsid()
                renew_event_loop()
                run_command(json.loads(message), outputs)
                return
            for output in outputs:
                close(output)
            watch_command(child, state)
        for received in descriptors:
            close(received)
        with contextlib.suppress(ChildProcessError):
            while waitpid(-1, os.WNOHANG)[0]:
                pass
    with contextlib.suppress(ChildProcessError):
        while waitpid(-1, 0):
            pass


if __name__ == "__main__":
    main()
