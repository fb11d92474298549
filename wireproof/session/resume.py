"""Going on with a ledger: whose run it begins, and what it holds of the cases that are known today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.ledger_lock import has_writer
from wireproof.evidence.ledger_reader import StoredRun, read_ledger

REQUEST_CUT_OFF = NotSent("inconclusive", "the run was cut off after this was asked and before its answer was written")
CASE_CHANGED = NotSent("untestable", "the case asks something else now than when this was recorded")
RESUME_REMEDY = "give the options that the run was begun with"


def check_not_in_use(file: Path) -> None:
    """Raises ConfigError where a process of the run still writes its ledger."""
    if has_writer(file):
        raise ConfigError(f"--resume {file}", "its run is still going on", "wait for it, or end its processes")


def read_ledger_to_resume(file: Path, targets: Iterable[Target], live: bool) -> StoredRun:
    """The ledger of a run of these targets that was cut off; raises ConfigError for any other."""
    found, where = read_ledger(file), f"--resume {file}"
    if found.cut is None:
        raise ConfigError(where, "the run came to its end", f"judge it by `wireproof judge {file}`")
    then = {told["name"]: told for told in found.header["targets"]}
    now = {target.name: target for target in targets}
    if then.keys() != now.keys():
        raise ConfigError(where, f"it is a run of {', '.join(then)}, this one is of {', '.join(now)}", RESUME_REMEDY)
    if found.header["live"] != live:
        raise ConfigError(where, f"it is a run of {'an endpoint' if not live else 'the bundled server'}", RESUME_REMEDY)
    for name, target in now.items():
        for field, value in (("provider", target.provider.name), ("profile", target.profile)):
            if then[name][field] != value:
                raise ConfigError(
                    where, f"its {field} was {then[name][field]!r}, this one's is {value!r}", RESUME_REMEDY
                )
        if live and then[name]["base_url"] != target.base_url:
            raise ConfigError(
                where, f"it asked {then[name]['base_url']}, this one asks {target.base_url}", RESUME_REMEDY
            )
    return found


def stored_result(held: StoredRun, target: str, case: Case, turn: int) -> CaseResult | None:
    """The result of a case in a ledger, to be judged; None where the case was not asked."""
    account = held.accounts.get((target, turn, case.name))
    if account is None:
        return None
    if account.unsent is not None:
        return account.unsent
    if not account.ended:
        return REQUEST_CUT_OFF
    return tuple(account.exchanges) if account.digest == case.digest else CASE_CHANGED


def result_to_keep(held: StoredRun, target: str, case: Case, turn: int, *, resend: bool) -> CaseResult | None:
    """The result of a case that a resumed run takes over; None where the case is still to be sent.

    A request without an answer may have been served, so that it is sent again only on demand.
    """
    account = held.accounts.get((target, turn, case.name))
    if account is None or not (account.ended or account.unsent or account.is_open):
        return None
    return None if account.is_open and resend else stored_result(held, target, case, turn)


def stored_results(held: StoredRun, target: str, cases: Mapping[str, Case]) -> tuple[dict[str, CaseResult], ...]:
    """Turn after turn, the results of the cases that are still known."""
    turns: dict[int, dict[str, CaseResult]] = {1: {}}
    for of, turn, name in held.accounts:
        if of == target and name in cases:
            sent = stored_result(held, target, cases[name], turn)
            if sent is not None:
                turns.setdefault(turn, {})[name] = sent
    return tuple(sent for _, sent in sorted(turns.items()))
