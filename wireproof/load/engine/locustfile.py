"""The user classes of load/scenarios.yaml; `locust -f` on this file is a load run."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from wireproof.errors import ConfigError
from wireproof.load.engine import locust_events
from wireproof.load.engine.user import LoadUser
from wireproof.load.scenario.scenario import Scenario, read_scenarios

DEFAULT_USER = "Mixed"


def _make_user_class(scenario: Scenario) -> type[LoadUser]:
    return type(
        scenario.user_class_name, (LoadUser,), {"abstract": False, "scenario": scenario, "__doc__": scenario.says}
    )


def _scenarios_option() -> Path | None:
    """The file of --scenarios: locust wants the classes before it reads its options."""
    early = ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--scenarios", type=Path)
    found: Path | None = early.parse_known_args()[0].scenarios
    return found


try:
    SCENARIOS = read_scenarios(_scenarios_option())
except ConfigError as error:
    print(f"wireproof: {error}", file=sys.stderr)
    sys.exit(2)
USER_CLASSES = {user.__name__: user for user in map(_make_user_class, SCENARIOS.values())}
locust_events.install_listeners(USER_CLASSES, DEFAULT_USER)
# A scenario may be called as its file calls it, or as locust calls a class; locust wants each class once.
globals().update(
    {
        name if name in sys.argv else one.user_class_name: USER_CLASSES[one.user_class_name]
        for name, one in SCENARIOS.items()
    }
)
