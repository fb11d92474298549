"""The user classes of load/scenarios.yaml; `locust -f` with this file starts a load run."""

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
    """The file of --scenarios; locust needs the classes before it parses its options."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--scenarios", type=Path)
    file: Path | None = parser.parse_known_args()[0].scenarios
    return file


try:
    SCENARIOS = read_scenarios(_scenarios_option())
except ConfigError as error:
    print(f"wireproof: {error}", file=sys.stderr)
    sys.exit(2)
USER_CLASSES = {user.__name__: user for user in map(_make_user_class, SCENARIOS.values())}
locust_events.install_listeners(USER_CLASSES, DEFAULT_USER, SCENARIOS)
# The command line names a scenario as its file does, or by its class; locust must find each class once.
globals().update(
    {
        name if name in sys.argv else scenario.user_class_name: USER_CLASSES[scenario.user_class_name]
        for name, scenario in SCENARIOS.items()
    }
)
