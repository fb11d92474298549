"""Runs commands in forks of a process that has done their imports, which saves half the CPU time of a command.

Its one argument is the library to import besides wireproof: pytest or locust, which never share a process. Each line on
standard input is a command as JSON: its words after `python -m`, its folder, its environment, and the files for its
output. Each line on standard output is the exit code of one command.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

# Taken before locust replaces them by those of gevent.
fork, waitpid = os.fork, os.waitpid
# wireproof.plugin is left to pytest, which waits for its first import.
IMPORTED = {
    "pytest": (
        "pytest", "wireproof.session.run", "wireproof.report.write_files", "wireproof.report.docs.clause_pages",
        "wireproof.session.pytest_plugin.progress",
        "rich.table", "rich.live", "jsonschema", "xdist.plugin", "xdist.scheduler", "hypothesis.stateful", "httpx",
    ),
    "locust": ("locust.main", "wireproof.load.engine.locust_events", "jsonschema", "ddsketch"),
}  # fmt: skip


def warm(library: str) -> None:
    """Imports and reads all that a run needs."""
    for name in IMPORTED[library]:
        importlib.import_module(name)
    from wireproof.cli.main import build_parser
    from wireproof.contract import loading, target_options
    from wireproof.judging.suite_loader import load_checks

    build_parser()
    known, checks = loading.load_providers(), load_checks()
    loading.load_cases()
    if library == "pytest":
        from wireproof.session.target_run import open_target_run

        for target in target_options.mock_targets():
            open_target_run(target, known, checks)
    for module in [one for one in sys.modules.values() if type(one) is ModuleType]:
        # pytest cannot rewrite modules that are imported already, and would warn.
        module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
    gc.collect()
    gc.freeze()


def renew_event_loop() -> None:
    """Gives the child of a process with locust an event loop of its own, with the present time."""
    if "gevent" in sys.modules:
        import gevent

        gevent.reinit()
        gevent.get_hub().loop.update_now()


def run_command(command: Mapping[str, Any]) -> None:
    """Turns this process into the command, as if Python had just started."""
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["env"])
    flags = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    for number, (name, flag) in enumerate(zip((os.devnull, command["stdout"], command["stderr"]), flags, strict=True)):
        os.dup2(os.open(name, flag), number)
    sys.path[0] = command["cwd"]
    sys.path[1:1] = [folder for folder in command["env"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    module, *words = command["words"]
    sys.argv = ["", *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Forks for each command, one at a time."""
    warm(sys.argv[1])
    for line in iter(sys.stdin.readline, ""):
        child = fork()
        if child == 0:
            os.setsid()
            renew_event_loop()
            run_command(json.loads(line))
            return
        print(os.waitstatus_to_exitcode(waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
