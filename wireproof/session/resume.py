"""Resumes a ledger: checks that it is of the same run, and finds the results that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.ledger_lock import has_writer
from wireproof.evidence.ledger_reader import StoredRun, read_ledger

REQUEST_CUT_OFF = NotSent("inconclusive", "the run was cut off between the request and its response")
CASE_CHANGED = NotSent("untestable", "the case has changed since its exchanges were recorded")
RESUME_REMEDY = "give the options of the run that wrote the ledger"


def check_not_in_use(file: Path) -> None:
    """Raises ConfigError if a process of the run still writes the ledger."""
    if has_writer(file):
        raise ConfigError(f"--resume {file}", "its run is still in progress", "wait for it, or end its processes")


def read_ledger_to_resume(file: Path, targets: Iterable[Target], live: bool) -> StoredRun:
    """Reads the ledger of an interrupted run of these targets; raises ConfigError for any other ledger."""
    stored, where = read_ledger(file), f"--resume {file}"
    if stored.cut is None:
        raise ConfigError(where, "its run is complete", f"re-judge it with `wireproof judge {file}`")
    then = {facts["name"]: facts for facts in stored.header["targets"]}
    now = {target.name: target for target in targets}
    if then.keys() != now.keys():
        raise ConfigError(where, f"its targets were {', '.join(then)}, this run's are {', '.join(now)}", RESUME_REMEDY)
    if stored.header["live"] != live:
        judged = "the reference server" if live else "an endpoint"
        raise ConfigError(where, f"its run judged {judged}", RESUME_REMEDY)
    for name, target in now.items():
        for field, value in (("provider", target.provider.name), ("profile", target.profile)):
            if then[name][field] != value:
                raise ConfigError(
                    where, f"its {field} was {then[name][field]!r}, this run's is {value!r}", RESUME_REMEDY
                )
        if live and then[name]["base_url"] != target.base_url:
            raise ConfigError(
                where, f"its base URL was {then[name]['base_url']}, this run's is {target.base_url}", RESUME_REMEDY
            )
    return stored


def stored_result(stored: StoredRun, target: str, case: Case, turn: int) -> CaseResult | None:
    """The result of a case in a ledger, as it is judged; None if no request of the case was sent."""
    account = stored.accounts.get((target, turn, case.name))
    if account is None:
        return None
    if account.unsent is not None:
        return account.unsent
    if not account.ended:
        return REQUEST_CUT_OFF
    return tuple(account.exchanges) if account.digest == case.digest else CASE_CHANGED


def result_to_keep(stored: StoredRun, target: str, case: Case, turn: int, *, resend: bool) -> CaseResult | None:
    """The result of a case that a resumed run takes over; None if the case is still to be sent.

    The server may have handled a request that has no response, so it is sent again only with `resend`.
    """
    account = stored.accounts.get((target, turn, case.name))
    if account is None or not (account.ended or account.unsent or account.is_open):
        return None
    return None if account.is_open and resend else stored_result(stored, target, case, turn)


def stored_results(stored: StoredRun, target: str, cases: Mapping[str, Case]) -> tuple[dict[str, CaseResult], ...]:
    """The results of the known cases, one mapping per turn."""
    turns: dict[int, dict[str, CaseResult]] = {1: {}}
    for owner, turn, name in stored.accounts:
        if owner == target and name in cases:
            sent = stored_result(stored, target, cases[name], turn)
            if sent is not None:
                turns.setdefault(turn, {})[name] = sent
    return tuple(sent for _, sent in sorted(turns.items()))
