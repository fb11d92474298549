"""Whether a ledger is the beginning of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wireproof.errors import ConfigError
from wireproof.ledger import unattended
from wireproof.recorded import Recorded, recorded
from wireproof.target import Target

REMEDY = "give the options that the run was begun with"


def over(file: Path) -> None:
    """Raises ConfigError where a process of the run still writes its ledger."""
    if not unattended(file):
        raise ConfigError(f"--resume {file}", "its run is still going on", "wait for it, or end its processes")


def begun(file: Path, targets: Iterable[Target], live: bool) -> Recorded:
    """The ledger of a run of these targets that was cut off; raises ConfigError for any other."""
    found, where = recorded(file), f"--resume {file}"
    if found.cut is None:
        raise ConfigError(where, "the run came to its end", f"judge it by `wireproof judge {file}`")
    then = {told["name"]: told for told in found.header["targets"]}
    now = {target.name: target for target in targets}
    if then.keys() != now.keys():
        raise ConfigError(where, f"it is a run of {', '.join(then)}, this one is of {', '.join(now)}", REMEDY)
    if found.header["live"] != live:
        raise ConfigError(where, f"it is a run of {'an endpoint' if not live else 'the bundled server'}", REMEDY)
    for name, target in now.items():
        for field, value in (("provider", target.provider.name), ("profile", target.profile)):
            if then[name][field] != value:
                raise ConfigError(where, f"its {field} was {then[name][field]!r}, this one's is {value!r}", REMEDY)
        if live and then[name]["base_url"] != target.base_url:
            raise ConfigError(where, f"it asked {then[name]['base_url']}, this one asks {target.base_url}", REMEDY)
    return found
