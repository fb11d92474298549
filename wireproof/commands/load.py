"""`wireproof load`: locust with the users of load/scenarios.yaml, in the place of this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any


def add(commands: Any) -> None:
    """Name the command in the help; locust reads its arguments, so that each of its options works there too."""
    commands.add_parser("load", help="load an endpoint, or local cells (takes locust's options too)")


def run(arguments: Sequence[str]) -> int:
    """Become locust with these arguments: without its web UI, unless --web or --headful asks for it."""
    from wireproof.load.apart import locust

    words = [word for word in arguments if word != "--web"]
    if not {"--web", "--headful", "--headless", "--worker", "--help", "-h"} & set(arguments):
        words.append("--headless")
    command = [*locust(), *words]
    # Whoever ends this process, a terminal or a container, ends the run, which tells what it found and stops its cells.
    os.execv(command[0], command)
