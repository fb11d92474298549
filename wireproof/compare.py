"""Two runs side by side: what broke, what was mended, what is judged no longer, and how the times moved.

Each case is asked in both runs, so that times are compared case by case. The middle of their ratios has an interval
from its ranks alone (that of the sign test): it needs no assumption about how times are spread, and no sampling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import comb
from pathlib import Path
from statistics import median
from typing import Any

from wireproof import contract
from wireproof.errors import LedgerError
from wireproof.exchange import Exchange
from wireproof.policy import JUDGED, Policy
from wireproof.recorded import recorded
from wireproof.verdict import Verdict

CONFIDENCE = 0.95
Key = tuple[str, str, str, str]
# (target, endpoint, case, turn, step) → milliseconds by what was timed.
Times = Mapping[tuple[str, str, str, int, int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs.

    Attributes:
        own: target name → the provider whose document is its own contract.
    """

    name: str
    verdicts: Mapping[Key, Verdict]
    own: Mapping[str, str]
    times: Times = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shift:
    """How a time of a target's endpoint moved, as the middle of the ratios case by case; 1 is no change.

    Attributes:
        low, high: the interval of that ratio; None where there are too few cases for one.
    """

    target: str
    endpoint: str
    of: str
    cases: int
    before_ms: float
    after_ms: float
    ratio: float
    low: float | None
    high: float | None

    @property
    def moved(self) -> bool:
        """The interval leaves no change out."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in (*self.__slots__, "moved")}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one run to another.

    Attributes:
        regressions: verdicts that fail the run now and did not then, and those that are judged no longer.
        fixes: verdicts that failed then and hold now.
        new_failures: verdicts that fail the run now and had no counterpart then.
        new_clauses, lost_clauses: (provider, clause) that only one of the runs judged.
    """

    regressions: tuple[tuple[Verdict, Verdict], ...]
    fixes: tuple[tuple[Verdict, Verdict], ...]
    new_failures: tuple[Verdict, ...]
    new_clauses: tuple[str, ...]
    lost_clauses: tuple[str, ...]
    shifts: tuple[Shift, ...]

    @property
    def exit_code(self) -> int:
        """1 where something became worse."""
        return int(bool(self.regressions or self.new_failures or self.lost_clauses))

    def as_data(self) -> dict[str, Any]:
        """The JSON form, by schemas/formats/comparison.json."""
        return {
            "regressions": [_pair(*pair) for pair in self.regressions],
            "fixes": [_pair(*pair) for pair in self.fixes],
            "new_failures": [_place(verdict) | {"message": verdict.message} for verdict in self.new_failures],
            "new_clauses": list(self.new_clauses),
            "lost_clauses": list(self.lost_clauses),
            "latency": [shift.as_data() for shift in self.shifts],
        }


def read(file: Path) -> Side:
    """A run from its report.json or its ledger; times come from the ledger, or from the one beside the report."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"{file}: it cannot be read ({error.strerror})") from None
    except ValueError:
        return _of_ledger(file)
    if not isinstance(data, dict) or data.get("kind") == "header":
        return _of_ledger(file)
    contract.check_format(data, "report", str(file))
    if not data["complete"]:
        raise LedgerError(f"{file}: the run did not come to its end; finish it by --resume")
    beside = file.with_name("ledger.jsonl")
    return Side(str(file), _keyed(data["verdicts"]), _own(data), _times(beside, data["started"]))


def compare(before: Side, after: Side, policy: Policy) -> Comparison:
    """What changed, by what the policy lets fail a run."""
    then = _renamed(before, after)
    was, now = then.verdicts, {key: v for key, v in after.verdicts.items() if policy.counts(v)}
    both = [(was[key], verdict) for key, verdict in now.items() if key in was]
    return Comparison(
        regressions=tuple((a, b) for a, b in both if _worse(a, b, policy)),
        fixes=tuple((a, b) for a, b in both if a.gates(policy.fail_on) and b.outcome in ("pass", "noted")),
        new_failures=tuple(v for key, v in now.items() if key not in was and policy.red(v)),
        new_clauses=tuple(sorted(_judged(now) - _judged(was))),
        lost_clauses=tuple(sorted(_judged(v for v in was.values() if policy.counts(v)) - _judged(now))),
        shifts=tuple(shifts(then.times, after.times)),
    )


def _worse(before: Verdict, after: Verdict, policy: Policy) -> bool:
    broke = policy.red(after) and not before.gates(policy.fail_on)
    lost = before.outcome in JUDGED and after.outcome not in JUDGED and policy.known(after) is None
    return broke or lost


def shifts(before: Times, after: Times) -> Iterable[Shift]:
    """How each time of each target's endpoint moved, over the requests that both runs sent."""
    pairs: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for key, times in after.items():
        for of, ms in times.items():
            old = before.get(key, {}).get(of, 0.0)
            if old > 0 and ms > 0:
                pairs.setdefault((key[0], key[1], of), []).append((old, ms))
    for (target, endpoint, of), timed in sorted(pairs.items()):
        ratios = sorted(new / old for old, new in timed)
        low, high = interval(ratios)
        old_ms, new_ms = (round(median(column), 3) for column in zip(*timed, strict=True))
        ratio = round(median(ratios), 4)
        yield Shift(target, endpoint, of, len(timed), old_ms, new_ms, ratio, low, high)


def interval(ordered: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float | None, float | None]:
    """The interval of the median of values in order, from the binomial chance of each rank; None for too few."""
    size, tail, rank = len(ordered), 0.0, -1
    while rank + 1 < size / 2 and 2 * (tail + comb(size, rank + 1) / 2**size) <= 1 - confidence:
        rank += 1
        tail += comb(size, rank) / 2**size
    return (None, None) if rank < 0 else (round(ordered[rank], 4), round(ordered[size - 1 - rank], 4))


def timed(exchange: Exchange) -> dict[str, float]:
    """Milliseconds from the start of an exchange that came whole."""
    if not exchange.answered or exchange.ended_ns is None or exchange.headers_ns is None:
        return {}
    first = exchange.reads[0].at_ns if exchange.reads else exchange.headers_ns
    moments = {"head": exchange.headers_ns, "first byte": first, "whole": exchange.ended_ns}
    return {of: (at - exchange.started_ns) / 1e6 for of, at in moments.items()}


def _of_ledger(file: Path) -> Side:
    held = recorded(file)
    if held.cut is not None:
        raise LedgerError(f"{held.cut}; finish it by --resume")
    return Side(str(file), _keyed(held.verdicts), _own(held.header), _times(file, held.header["started"]))


def _own(told: Mapping[str, Any]) -> dict[str, str]:
    return {target["name"]: target["provider"] for target in told["targets"]}


def _keyed(verdicts: Iterable[Mapping[str, Any]]) -> dict[Key, Verdict]:
    return {_key(verdict): verdict for verdict in map(Verdict.from_data, verdicts)}


def _key(verdict: Verdict) -> Key:
    return (verdict.target, verdict.provider, verdict.check, verdict.case)


def _times(file: Path, started: str) -> Times:
    """The times in the ledger of the run that started then; none where it is another's or is not there."""
    try:
        held = recorded(file)
    except LedgerError:
        return {}
    if held.header["started"] != started:
        return {}
    return {
        (target, sent.endpoint, case, turn, sent.step): timed(sent)
        for (target, turn, case), account in held.accounts.items()
        for sent in account.exchanges
    }


def _renamed(before: Side, after: Side) -> Side:
    """The earlier run under the later one's name, where each has one target and they are not called alike."""
    if len(before.own) != 1 or len(after.own) != 1 or before.own.keys() == after.own.keys():
        return before
    (name,) = after.own
    verdicts = {(name, *key[1:]): replace(verdict, target=name) for key, verdict in before.verdicts.items()}
    return Side(before.name, verdicts, after.own, {(name, *key[1:]): t for key, t in before.times.items()})


def _judged(verdicts: Mapping[Key, Verdict] | Iterable[Verdict]) -> set[str]:
    every = verdicts.values() if isinstance(verdicts, Mapping) else verdicts
    return {clause.id for verdict in every if verdict.outcome in JUDGED for clause in verdict.clauses}


def _place(verdict: Verdict) -> dict[str, str]:
    return {name: getattr(verdict, name) for name in ("target", "provider", "check", "case")}


def _pair(before: Verdict, after: Verdict) -> dict[str, str]:
    return _place(after) | {"before": before.outcome, "after": after.outcome, "message": after.message}
