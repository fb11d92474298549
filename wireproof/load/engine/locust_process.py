"""Runs locust's command in this process, so that each exit code of `wireproof load` has one meaning.

Locust ends with 1, or with another code, if it does not start a run: for a wrong combination of options, say, or a port
that is in use. Here 1 means that a run was made and something in it was not ok; without a run the code is 2.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

EXIT_NO_RUN = 2


def main() -> int:
    """Runs locust with the arguments of this process; returns the exit code."""
    from locust import events
    from locust import main as locust_main

    run_locust: Callable[[], None] = locust_main.main
    # Locust's parser names itself by this.
    sys.argv[0] = "wireproof load"
    # Locust announces the exit code of a run that it made, and of no other.
    announced: list[int] = []
    listeners: Any = events
    listeners.quit.add_listener(lambda exit_code, **_: announced.append(exit_code))
    try:
        run_locust()
    except SystemExit as ended:
        if ended.code in (None, 0):
            return 0
    except KeyboardInterrupt:
        print("wireproof: interrupted before the run", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    return announced[-1] if announced else EXIT_NO_RUN


if __name__ == "__main__":
    sys.exit(main())
