"""A baseline: the failures and skips of a run that are known, each with its reason, and none of them forever."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.formats.safe_text import printable
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.outcomes import ERROR_OUTCOMES, PASSING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict

EVERY_CHECK = "*"
DEFAULT_REASON = "known when this baseline was written"
FILE_HEADER = """\
# What is known to fail or to be skipped, for `--baseline`. An entry that is no longer so fails the run: remove it.
# check `*` stands for every check of the case; contract is left out where it is the target's own; expires is a date.
"""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry: what is known of a check on a case, on one target or on any."""

    check: str
    case: str
    outcome: str
    reason: str
    target: str | None = None
    contract: str | None = None
    expires: date | None = None

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> KnownFailure:
        """An entry from its checked form in the file."""
        until = data.get("expires")
        return cls(**{"outcome": "fail", **data, "expires": date.fromisoformat(until) if until else None})

    @property
    def key(self) -> tuple[str | None, ...]:
        """What the entry is about; two entries of the same name contradict each other or say the same twice."""
        return (self.target, self.contract, self.check, self.case)

    def matches(self, target: str, contract: str, check: str, case: str) -> bool:
        """Whether the entry is about this judgement."""
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
    """The entries of one file; `today` decides which of them have expired."""

    entries: tuple[KnownFailure, ...]
    today: date

    def entry_expecting(self, verdict: Verdict) -> KnownFailure | None:
        """The entry that expects a verdict to be as it is; None where none does, or only one that has expired."""
        if verdict.area == "smoke":
            return None
        entry = self.closest_entry(verdict)
        return entry if entry is not None and entry.outcome == verdict.outcome and not self._is_expired(entry) else None

    def closest_entry(self, verdict: Verdict) -> KnownFailure | None:
        """The entry that names a verdict, most closely where several do."""
        place = (verdict.target, verdict.provider, verdict.check, verdict.case)
        fits = [entry for entry in self.entries if entry.case == verdict.case and entry.matches(*place)]
        return max(fits, key=_closeness, default=None)

    def stale_entries(self, verdicts: Sequence[Verdict], judged: Collection[tuple[str, str, str, str]]) -> list[str]:
        """Each entry that is no longer so, as a sentence.

        Args:
            verdicts: what this run decides by.
            judged: (target, contract, check, case) of every judgement there is; what this run left out is not stale.
        """
        found = []
        by_case: dict[str, list[Verdict]] = {}
        for verdict in verdicts:
            by_case.setdefault(verdict.case, []).append(verdict)
        for entry in self.entries:
            about = [v for v in by_case.get(entry.case, ()) if self.closest_entry(v) is entry]
            if self._is_expired(entry):
                found.append(f"{entry}: its entry expired on {entry.expires}")
            elif about and all(verdict.outcome != entry.outcome for verdict in about):
                now = ", ".join(sorted({verdict.outcome for verdict in about}))
                found.append(f"{entry}: the baseline says {entry.outcome}, it is now {now}")
            elif not about and not any(place[3] == entry.case and entry.matches(*place) for place in judged):
                found.append(f"{entry}: no such judgement exists")
        return found

    def _is_expired(self, entry: KnownFailure) -> bool:
        return entry.expires is not None and entry.expires < self.today


def read_baseline(file: Path, today: date) -> Baseline:
    """The baseline of a file; ConfigError for one that does not keep the format or says something twice."""
    try:
        data = read_yaml(file)
    except ValueError as error:  # YAML itself reads what looks like a date
        raise ConfigError(str(file), f"a value is not a date ({error})", "write YYYY-MM-DD") from None
    schemas.check_format(_dates_as_text(data), "baseline", str(file))
    entries = tuple(
        _entry_from_data(entry, f"{file}, /known/{at}") for at, entry in enumerate(_dates_as_text(data)["known"])
    )
    seen: set[tuple[str | None, ...]] = set()
    for at, entry in enumerate(entries):
        if entry.key in seen:
            raise ConfigError(f"{file}, /known/{at}", f"{entry} stands twice", "keep one of the entries")
        seen.add(entry.key)
    return Baseline(entries, today)


def write_baseline(
    file: Path, verdicts: Iterable[Verdict], own: dict[str, str], before: Baseline | None = None
) -> None:
    """Write every failure and skip as known; what an earlier baseline says of them is kept."""
    lines = [json.dumps(entry, ensure_ascii=False) for entry in _entries_for_verdicts(tuple(verdicts), own, before)]
    known = "".join(f"- {line}\n" for line in lines)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{FILE_HEADER}known:{' []' if not lines else ''}\n{known}", "utf-8", "backslashreplace")
    except OSError as error:
        problem = f"it cannot be written ({error.strerror})"
        raise ConfigError(f"--write-baseline {file}", problem, "name another place") from None


def _entries_for_verdicts(
    verdicts: Sequence[Verdict], own: dict[str, str], before: Baseline | None
) -> list[dict[str, str]]:
    cases: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.area != "smoke" and verdict.outcome not in ERROR_OUTCOMES:
            cases.setdefault((verdict.target, verdict.provider, verdict.case), []).append(verdict)
    found = []
    for (target, by, case), of_case in cases.items():
        alike = {(verdict.outcome, verdict.message) for verdict in of_case}
        told = of_case[:1] if len(alike) == 1 and of_case[0].outcome in SKIP_OUTCOMES else of_case
        for verdict in told:
            if verdict.outcome in PASSING_OUTCOMES:
                continue
            entry = before and before.entry_expecting(verdict)
            check = EVERY_CHECK if told is not of_case and len(of_case) > 1 else verdict.check
            found.append(
                {"check": check, "case": case, "target": target}
                | ({"contract": by} if by != own[target] else {})
                | {
                    "outcome": verdict.outcome,
                    "reason": entry.reason if entry else printable(verdict.message) or DEFAULT_REASON,
                }
                | ({"expires": entry.expires.isoformat()} if entry and entry.expires else {})
            )
    return found


def _closeness(entry: KnownFailure) -> tuple[bool, ...]:
    return (entry.check != EVERY_CHECK, entry.target is not None, entry.contract is not None)


def _entry_from_data(data: dict[str, Any], place: str) -> KnownFailure:
    try:
        return KnownFailure.from_data(data)
    except ValueError:
        raise ConfigError(place, f"{data['expires']!r} is not a date", "write YYYY-MM-DD") from None


def _dates_as_text(data: Any) -> Any:
    """YAML reads 2027-01-31 as a date; the format says it in text."""
    if isinstance(data, dict):
        return {name: _dates_as_text(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_dates_as_text(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data
