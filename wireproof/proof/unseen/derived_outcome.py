"""The outcome of one derived fault: red, advice, silent or legal, with the smallest change that shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange

# The outcomes, the best first.
WORDS = ("red", "legal", "advice", "silent")
# The characters that an example shows before a change, and the most that it shows of the change.
CONTEXT, SHOWN_LENGTH = 24, 90


@dataclass(frozen=True, slots=True)
class DerivedOutcome:
    """One derived fault of one contract on one case, judged.

    Attributes:
        kind: the endpoint and the form of the answers.
        word: `red` (the exit code is not 0), `legal` (it is 0, with a reason), `advice` (a promise at should is
            broken) or `silent` (no verdict fails).
        once: True if the run is red although only this case shows the fault.
        always: True if the run is red when every answer with the place shows the fault; None if that was not judged.
        check: the check of the strongest break; empty without one.
        reason: the reason why it is legal; empty if it has none or if it is red.
    """

    provider: str
    family: str
    kind: str
    place: str
    case: str
    word: str
    once: bool
    always: bool | None
    check: str
    before: str
    after: str
    reason: str = ""

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """The order of examples, the smallest first."""
        return len(self.before) + len(self.after), self.case, self.place


def shortest_change(before: CaseResult, after: CaseResult) -> tuple[str, str]:
    """The part of a result that changed, with a little before it, as it was and as it is."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return "", ""
    if len(before) != len(after):
        return f"{len(before)} answers", f"{len(after)} answers"
    pairs = [(one, other) for one, other in zip(before, after, strict=True) if _as_lines(one) != _as_lines(other)]
    return _difference(_as_lines(pairs[0][0]), _as_lines(pairs[0][1])) if pairs else ("", "")


def _as_lines(exchange: Exchange) -> str:
    names = [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in exchange.headers]
    lines = [line for line in names if not line.lower().startswith("content-length")]
    return "\n".join([str(exchange.status), *lines, "", exchange.text])


def _difference(before: str, after: str) -> tuple[str, str]:
    start = next(
        (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
        min(len(before), len(after)),
    )
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    first = max(0, start - CONTEXT)
    return _cut(before[first : len(before) - end]), _cut(after[first : len(after) - end])


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"
