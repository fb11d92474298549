"""A baseline: the known failures of a run and, on request, its skips, each with a reason and maybe a last day."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.formats.safe_text import printable
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.outcomes import ERROR_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict

EVERY_CHECK = "*"
# What chance decides: whether the model answers so that a check can decide, and the load of the endpoint.
UNSTEADY_OUTCOMES = frozenset({"inconclusive", "timed-out"})
DEFAULT_REASON = "known when this baseline was written"
FILE_HEADER = """\
# Known failures, for `--baseline`. An entry that no longer applies fails the run; --prune-baseline removes it.
# check `*` stands for every check of the case; without contract it is the target's own; expires is a date.
"""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry: the known outcome of a check on a case, on one target or on any.

    Attributes:
        check: id of the check; `*` for every check of the case.
        outcome: the expected outcome, `fail` or one that skips.
        target: name of the target; None for any.
        contract: the provider judged by; None for any.
        expires: the last day on which the entry applies; None for no end.
    """

    check: str
    case: str
    outcome: str
    reason: str
    target: str | None = None
    contract: str | None = None
    expires: date | None = None

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> KnownFailure:
        """Reads an entry from its validated form in the file; raises ValueError for a date that does not exist."""
        until = data.get("expires")
        return cls(**{"outcome": "fail", **data, "expires": date.fromisoformat(until) if until else None})

    def as_data(self) -> dict[str, str]:
        """The entry as it is written."""
        place = {"check": self.check, "case": self.case, "target": self.target, "contract": self.contract}
        text = {"outcome": self.outcome, "reason": self.reason}
        expires = {"expires": self.expires.isoformat()} if self.expires else {}
        return {name: value for name, value in place.items() if value is not None} | text | expires

    def can_be_stale(self, *, skips: bool) -> bool:
        """True if the outcome depends neither on chance nor, unless skips are held, on the options of a run."""
        return self.outcome not in UNSTEADY_OUTCOMES and (skips or self.outcome not in SKIP_OUTCOMES)

    def may_still_apply(self, verdict: Verdict) -> bool:
        """True if the verdict is the expected one, or says nothing about it."""
        return verdict.outcome in (self.outcome, "untestable", *UNSTEADY_OUTCOMES, *ERROR_OUTCOMES)

    @property
    def key(self) -> tuple[str | None, ...]:
        """The verdicts the entry is about; two entries with the same key are a mistake."""
        return (self.target, self.contract, self.check, self.case)

    def matches(self, target: str, contract: str, check: str, case: str) -> bool:
        """True if the entry is about this verdict."""
        return (
            self.check in (EVERY_CHECK, check)
            and self.case == case
            and self.target in (None, target)
            and self.contract in (None, contract)
        )

    def __str__(self) -> str:
        place = " ".join(word for word in (self.target, self.contract and f"as {self.contract}") if word)
        return f"{self.check} on {self.case}" + (f" ({place})" if place else "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of one file.

    Attributes:
        today: the date that decides which entries have expired.
    """

    entries: tuple[KnownFailure, ...]
    today: date

    def entry_expecting(self, verdict: Verdict) -> KnownFailure | None:
        """The valid entry that expects the outcome of a verdict; None if there is none, or it has expired."""
        if verdict.area == "smoke":
            return None
        entry = self.closest_entry(verdict)
        return entry if entry is not None and entry.outcome == verdict.outcome and not self._is_expired(entry) else None

    def closest_entry(self, verdict: Verdict) -> KnownFailure | None:
        """The most specific entry about a verdict; None if there is none."""
        place = (verdict.target, verdict.provider, verdict.check, verdict.case)
        matching = [entry for entry in self.entries if entry.case == verdict.case and entry.matches(*place)]
        return max(matching, key=_specificity, default=None)

    def stale_entries(
        self, verdicts: Sequence[Verdict], judged: Collection[tuple[str, str, str, str]], *, skips: bool = False
    ) -> dict[KnownFailure, str]:
        """Each entry that expired or no longer applies, with one sentence.

        An entry is not stale for what chance or the options of a run decide: a verdict that is inconclusive, untestable
        or cut off by a deadline, or that this run left out.

        Args:
            verdicts: the gating verdicts of this run.
            judged: (target, contract, check, case) of every planned verdict.
            skips: entries about skips may be stale too.
        """
        stale = {}
        by_case: dict[str, list[Verdict]] = {}
        for verdict in verdicts:
            by_case.setdefault(verdict.case, []).append(verdict)
        for entry in self.entries:
            about = [v for v in by_case.get(entry.case, ()) if self.closest_entry(v) is entry]
            if self._is_expired(entry):
                stale[entry] = f"{entry}: its entry expired on {entry.expires}"
            elif about and entry.can_be_stale(skips=skips) and not any(map(entry.may_still_apply, about)):
                now = ", ".join(sorted({verdict.outcome for verdict in about}))
                stale[entry] = f"{entry}: the baseline says {entry.outcome}, it is now {now}"
            elif not about and not any(place[3] == entry.case and entry.matches(*place) for place in judged):
                stale[entry] = f"{entry}: no such judgement exists"
        return stale

    def without(self, entries: Collection[KnownFailure]) -> Baseline:
        """The baseline without these entries."""
        return Baseline(tuple(entry for entry in self.entries if entry not in entries), self.today)

    def with_verdicts(
        self, verdicts: Sequence[Verdict], own: Mapping[str, str], is_held: Callable[[Verdict], bool]
    ) -> Baseline:
        """The baseline with entries for the held verdicts, in place of those that said something else about them."""
        new = entries_for_verdicts(verdicts, own, is_held)
        closest = {self.closest_entry(verdict) for verdict in filter(is_held, verdicts)}
        replaced = {entry.key for entry in new} | {e.key for e in closest if e is not None and e.check != EVERY_CHECK}
        return Baseline((*(entry for entry in self.entries if entry.key not in replaced), *new), self.today)

    def _is_expired(self, entry: KnownFailure) -> bool:
        return entry.expires is not None and entry.expires < self.today


def read_baseline(file: Path, today: date) -> Baseline:
    """Reads a baseline; raises ConfigError if the file breaks the format or repeats an entry."""
    try:
        data = read_yaml(file)
    except ValueError as error:  # the YAML reader parses what looks like a date
        raise ConfigError(str(file), f"a value is not a date ({error})", "write YYYY-MM-DD") from None
    schemas.check_format(_dates_as_text(data), "baseline", str(file))
    entries = tuple(
        _entry_from_data(entry, f"{file}, /known/{at}") for at, entry in enumerate(_dates_as_text(data)["known"])
    )
    seen: set[tuple[str | None, ...]] = set()
    for at, entry in enumerate(entries):
        if entry.key in seen:
            raise ConfigError(f"{file}, /known/{at}", f"{entry} has two entries", "keep one of them")
        seen.add(entry.key)
    return Baseline(entries, today)


def write_baseline(file: Path, entries: Iterable[KnownFailure], option: str) -> None:
    """Writes a baseline, sorted, so that the order of a run does not show in it.

    Raises ConfigError, with the option that named the file, if it cannot be written.
    """
    lines = [json.dumps(entry.as_data(), ensure_ascii=False) for entry in sorted(entries, key=_place_of_entry)]
    known = "".join(f"- {line}\n" for line in lines)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{FILE_HEADER}known:{' []' if not lines else ''}\n{known}", "utf-8", "backslashreplace")
    except OSError as error:
        problem = f"it cannot be written ({error.strerror})"
        raise ConfigError(f"{option} {file}", problem, "name another file") from None


def entries_for_verdicts(
    verdicts: Iterable[Verdict],
    own: Mapping[str, str],
    is_held: Callable[[Verdict], bool],
    before: Baseline | None = None,
) -> list[KnownFailure]:
    """The entries for the verdicts that are to be held; one with `*` if all checks of a case are skipped alike.

    Args:
        own: target name → the provider whose document is its own contract.
        before: an earlier baseline, whose reasons and dates are copied.
    """
    cases: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.area != "smoke" and verdict.outcome not in ERROR_OUTCOMES:
            cases.setdefault((verdict.target, verdict.provider, verdict.case), []).append(verdict)
    entries = []
    for of_case in cases.values():
        is_same = len(of_case) > 1 and len({(verdict.outcome, verdict.message) for verdict in of_case}) == 1
        skipped_alike = is_same and of_case[0].outcome in SKIP_OUTCOMES
        for verdict in filter(is_held, of_case[:1] if skipped_alike else of_case):
            known = before and before.entry_expecting(verdict)
            contract = verdict.provider if verdict.provider != own[verdict.target] else None
            reason = known.reason if known else printable(verdict.message) or DEFAULT_REASON
            entries.append(
                KnownFailure(
                    EVERY_CHECK if skipped_alike else verdict.check,
                    verdict.case,
                    verdict.outcome,
                    reason,
                    verdict.target,
                    contract,
                    known.expires if known else None,
                )
            )
    return entries


def _place_of_entry(entry: KnownFailure) -> tuple[str, ...]:
    return (entry.target or "", entry.contract or "", entry.case, entry.check)


def _specificity(entry: KnownFailure) -> tuple[bool, ...]:
    return (entry.check != EVERY_CHECK, entry.target is not None, entry.contract is not None)


def _entry_from_data(data: dict[str, Any], place: str) -> KnownFailure:
    try:
        return KnownFailure.from_data(data)
    except ValueError:
        raise ConfigError(place, f"{data['expires']!r} is not a date", "write YYYY-MM-DD") from None


def _dates_as_text(data: Any) -> Any:
    """Turns dates back into text: YAML parses 2027-01-31 as a date, the format wants a string."""
    if isinstance(data, dict):
        return {name: _dates_as_text(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_dates_as_text(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data
