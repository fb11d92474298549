"""load/scenarios.yaml: which cases a user asks, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from wireproof import contract, datafiles, pointer
from wireproof.case import Case
from wireproof.check import Untestable
from wireproof.errors import ConfigError
from wireproof.load import cases, shot
from wireproof.load.shot import Shot
from wireproof.target import Target

FILE = "load/scenarios.yaml"


@dataclass(frozen=True, slots=True)
class Share:
    """A case, how often it is asked beside the others, and what a load run changes in it."""

    case: str
    weight: int = 1
    otherwise: str | None = None
    cap: int | None = None
    set: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one kind of user does."""

    name: str
    says: str
    shares: tuple[Share, ...]


@cache
def scenarios() -> dict[str, Scenario]:
    """Every scenario by name; ConfigError where the file does not read."""
    data = datafiles.read_yaml(datafiles.root() / FILE, FILE)
    contract.check_format(data, "scenarios", FILE)
    return {
        name: Scenario(name, row["says"], tuple(Share(**share) for share in row["cases"]))
        for name, row in data["scenarios"].items()
    }


def shots(scenario: Scenario, target: Target) -> tuple[tuple[Shot, int], ...]:
    """The requests of a scenario with their weights; what the provider does not offer is left out.

    Raises ConfigError where nothing is left.
    """
    known = cases.cases(name for share in scenario.shares for name in (share.case, share.otherwise) if name)
    found = [(_shot(share, known, target), share.weight) for share in scenario.shares]
    made = tuple((one, weight) for one, weight in found if isinstance(one, Shot))
    if not made:
        lacks = "; ".join(str(one) for one, _ in found)
        raise ConfigError(f"{FILE}, {scenario.name}", f"none of it can be asked ({lacks})", "choose another user class")
    return made


def _shot(share: Share, known: Mapping[str, Case], target: Target) -> Shot | str:
    """The request of a share, or why there is none."""
    why = ""
    for name in (share.case, share.otherwise):
        if name is None:
            continue
        if name not in known:
            raise ConfigError(FILE, f"{name!r} is no case", "name a case of suites/*/cases.yaml")
        case = known[name]
        if not target.provider.offers(case.feature) or case.endpoint not in target.provider.endpoints:
            why = f"{target.provider.name} does not offer {name}"
            continue
        try:
            return shot.load(case.name, _changed(case, share), target)
        except Untestable as lack:
            why = str(lack)
    return why


def _changed(case: Case, share: Share) -> Case:
    """The case with the length of a load run."""
    ask = case.asks[-1]
    body = ask.body
    try:
        for place, value in (share.set or {}).items():
            body = pointer.edit(body, place, value)
    except pointer.Missing as error:
        raise ConfigError(f"{FILE}, {share.case}", f"an edit does not apply ({error})", "mend `set:`") from None
    return replace(case, asks=(replace(ask, body=body, cap=share.cap or ask.cap),))
