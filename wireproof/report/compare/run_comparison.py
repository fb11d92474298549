"""The comparison of two runs: regressions, fixes, clauses no longer judged, and changes of latency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.judging.gate import Gate
from wireproof.judging.outcomes import DECIDED_OUTCOMES, PASSING_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.report.compare.latency_change import LatencyChange, latency_changes
from wireproof.report.compare.run_snapshot import RunSnapshot, VerdictKey, with_target_name


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes from one run to another.

    Attributes:
        regressions: (before, after) of verdicts that fail only the later run, or that it no longer decides.
        fixes: (before, after) of verdicts that failed in the earlier run and hold in the later one.
        new_failures: verdicts that fail the later run and have no counterpart in the earlier one.
        new_clauses: ids of the clauses that only the later run judged.
        lost_clauses: ids of the clauses that only the earlier run judged.
        shifts: the changes of latency.
    """

    regressions: tuple[tuple[Verdict, Verdict], ...]
    fixes: tuple[tuple[Verdict, Verdict], ...]
    new_failures: tuple[Verdict, ...]
    new_clauses: tuple[str, ...]
    lost_clauses: tuple[str, ...]
    shifts: tuple[LatencyChange, ...]

    @property
    def exit_code(self) -> int:
        """1 if something became worse, else 0."""
        return int(bool(self.regressions or self.new_failures or self.lost_clauses))

    def as_data(self) -> dict[str, Any]:
        """The JSON form, by schemas/formats/comparison.json."""
        return {
            "regressions": [_pair_data(*pair) for pair in self.regressions],
            "fixes": [_pair_data(*pair) for pair in self.fixes],
            "new_failures": [_place_data(verdict) | {"message": verdict.message} for verdict in self.new_failures],
            "new_clauses": list(self.new_clauses),
            "lost_clauses": list(self.lost_clauses),
            "latency": [shift.as_data() for shift in self.shifts],
        }


def compare_runs(before: RunSnapshot, after: RunSnapshot, policy: Gate) -> Comparison:
    """Compares two runs; the policy decides which verdicts fail a run."""
    renamed = with_target_name(before, after)
    old, new = renamed.verdicts, {key: v for key, v in after.verdicts.items() if policy.is_gating_column(v)}
    both = [(old[key], verdict) for key, verdict in new.items() if key in old]
    return Comparison(
        regressions=tuple((a, b) for a, b in both if _is_worse(a, b, policy)),
        fixes=tuple((a, b) for a, b in both if a.gates(policy.fail_on) and b.outcome in PASSING_OUTCOMES),
        new_failures=tuple(v for key, v in new.items() if key not in old and policy.fails_run(v)),
        new_clauses=tuple(sorted(_judged_clauses(new) - _judged_clauses(old))),
        lost_clauses=tuple(
            sorted(_judged_clauses(v for v in old.values() if policy.is_gating_column(v)) - _judged_clauses(new))
        ),
        shifts=tuple(latency_changes(renamed.times, after.times)),
    )


def _is_worse(before: Verdict, after: Verdict, policy: Gate) -> bool:
    broke = policy.fails_run(after) and not before.gates(policy.fail_on)
    undecided = (
        before.outcome in DECIDED_OUTCOMES
        and after.outcome not in DECIDED_OUTCOMES
        and policy.known_failure(after) is None
    )
    return broke or undecided


def _judged_clauses(verdicts: Mapping[VerdictKey, Verdict] | Iterable[Verdict]) -> set[str]:
    every = verdicts.values() if isinstance(verdicts, Mapping) else verdicts
    return {clause.id for verdict in every if verdict.outcome in DECIDED_OUTCOMES for clause in verdict.clauses}


def _place_data(verdict: Verdict) -> dict[str, str]:
    return {name: getattr(verdict, name) for name in ("target", "provider", "check", "case")}


def _pair_data(before: Verdict, after: Verdict) -> dict[str, str]:
    return _place_data(after) | {"before": before.outcome, "after": after.outcome, "message": after.message}
