"""A process that has imported what the commands import, and runs each command in a fork of itself.

Its one argument is the library that it is to have imported besides: pytest or locust, which share no process.
Each line on standard input asks for a command: its words behind `python -m`, its folder, its environment, and the
files for what it says. Each line on standard output tells the exit code of one.
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

# Taken before locust puts those of gevent in their place.
fork, waitpid = os.fork, os.waitpid
# pytest itself imports wireproof.plugin, for whose first import it waits.
IMPORTED = {
    "pytest": (
        "pytest", "wireproof.session.run", "wireproof.report.write_files", "wireproof.report.docs.clause_pages",
        "wireproof.session.pytest_plugin.progress",
        "rich.table", "rich.live", "jsonschema", "xdist.plugin", "xdist.scheduler", "hypothesis.stateful", "httpx",
    ),
    "locust": ("locust.main", "wireproof.load.engine.locust_events", "jsonschema", "ddsketch"),
}  # fmt: skip


def warm(library: str) -> None:
    """Import and read what whole runs need."""
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
        # What is there already cannot be rewritten by pytest, which would warn of it.
        module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
    gc.collect()
    gc.freeze()


def awake() -> None:
    """Give the child of a process with locust an event loop of its own, which knows what time it is."""
    if "gevent" in sys.modules:
        import gevent

        gevent.reinit()
        gevent.get_hub().loop.update_now()


def become(asked: Mapping[str, Any]) -> None:
    """Be the process that is asked for, as if Python had just begun."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    flags = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    for number, (name, flag) in enumerate(zip((os.devnull, asked["stdout"], asked["stderr"]), flags, strict=True)):
        os.dup2(os.open(name, flag), number)
    sys.path[0] = asked["cwd"]
    sys.path[1:1] = [folder for folder in asked["env"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    module, *words = asked["words"]
    sys.argv = ["", *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Fork for each command, one at a time."""
    warm(sys.argv[1])
    for line in iter(sys.stdin.readline, ""):
        child = fork()
        if child == 0:
            os.setsid()
            awake()
            become(json.loads(line))
            return
        print(os.waitstatus_to_exitcode(waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
