"""The user classes of load/scenarios.yaml; `locust -f` on this file is a load run."""

from __future__ import annotations

from wireproof.load import hooks
from wireproof.load.scenario import Scenario, scenarios
from wireproof.load.user import LoadUser

DEFAULT = "Mixed"


def _user(scenario: Scenario) -> type[LoadUser]:
    name = "".join(word.capitalize() for word in scenario.name.split("-"))
    return type(name, (LoadUser,), {"abstract": False, "scenario": scenario, "__doc__": scenario.says})


USERS = {user.__name__: user for user in map(_user, scenarios().values())}
hooks.install(USERS, DEFAULT)
globals().update(USERS)
